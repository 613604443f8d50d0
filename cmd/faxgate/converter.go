//go:build !race

package main

import "os"

// converter is the program whose child processes make pages of documents: this one.
func converter() (string, error) { return os.Executable() }
