// Faxmodem is one fax call: it speaks T.30 for faxgate, which starts one for every
// call and tells it on standard input what arrived and how time passes (package
// line/pipe). It runs apart because the library that does it, libspandsp, is written
// in C and reads what any caller sends.
//
//	faxmodem call       one call; descriptor 3 is the TIFF that a sender sends, or
//	                    the empty file that a receiver writes
//	faxmodem version    names the library
//
// It opens nothing besides descriptor 3, reads no environment, leaves no core file
// and keeps to limits of memory, processor time, files and their sizes. It hangs up
// when the call's time is up, and when the line has been quiet for long.
//
// Exit status: 0 the result was given; 1 the pipe broke, or the call made no sense;
// 2 wrong usage; 3 no T.30 engine: faxmodem was built without libspandsp.
package main

import (
	"fmt"
	"io"
	"os"
)

const (
	exitOK = iota
	exitFailed
	exitUsage
	exitNoEngine
)

func main() {
	os.Clearenv()
	in, out := standardPipe()
	os.Exit(run(os.Args[1:], in, out, os.Stderr))
}

func run(args []string, in io.Reader, out, log io.Writer) int {
	if len(args) != 1 || args[0] != "call" && args[0] != "version" {
		fmt.Fprintln(log, "usage: faxmodem call|version; faxgate starts it")
		return exitUsage
	}
	if library == "" {
		fmt.Fprintln(log, "faxmodem: no T.30 engine: built without libspandsp (build tag spandsp)")
		return exitNoEngine
	}
	if args[0] == "version" {
		fmt.Fprintln(out, library)
		return exitOK
	}
	if err := serve(in, out); err != nil {
		fmt.Fprintln(log, "faxmodem:", err)
		return exitFailed
	}
	return exitOK
}
