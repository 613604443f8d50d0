//go:build unix

package main

import "syscall"

// keepFilesPrivate makes every file that is made from now on its owner's alone.
func keepFilesPrivate() { syscall.Umask(0o077) }
