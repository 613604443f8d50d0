package main

import (
	"io"
	"syscall"
	"unsafe"
)

// descriptor is an end of a pipe that is read and written without telling Go's scheduler.
//
// A call wakes this process fifty times a second for some microseconds. Around a system
// call that the scheduler knows of, its monitor thread looks at it every 20 µs for a
// millisecond, which costs several times what the modem does. There is one goroutine here,
// so that nobody else wants to run while it waits.
type descriptor uintptr

// Read implements io.Reader.
func (d descriptor) Read(buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	n, err := d.call(syscall.SYS_READ, buf)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, err
}

// Write implements io.Writer.
func (d descriptor) Write(buf []byte) (written int, err error) {
	for written < len(buf) && err == nil {
		var n int
		n, err = d.call(syscall.SYS_WRITE, buf[written:])
		written += n
	}
	return written, err
}

// call reads or writes once.
func (d descriptor) call(number uintptr, buf []byte) (int, error) {
	for {
		n, _, failure := syscall.RawSyscall(number, uintptr(d), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)))
		switch failure {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, failure
		}
	}
}

// standardPipe is the standard input and output.
func standardPipe() (in io.Reader, out io.Writer) { return descriptor(0), descriptor(1) }
