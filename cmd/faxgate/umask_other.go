//go:build !unix

package main

// keepFilesPrivate does nothing where there is no file mode creation mask.
func keepFilesPrivate() {}
