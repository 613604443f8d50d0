//go:build !linux

package main

import (
	"io"
	"os"
)

// standardPipe is the standard input and output.
func standardPipe() (in io.Reader, out io.Writer) { return os.Stdin, os.Stdout }
