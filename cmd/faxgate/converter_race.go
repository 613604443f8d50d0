//go:build race

package main

import (
	"os"
	"path/filepath"
)

// converter is the program whose child processes make pages of documents. One that was
// built with the race detector needs more memory for a PDF than a document may have: the
// one that stands beside it without, if there is one, does it instead.
func converter() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	beside := filepath.Join(filepath.Dir(own), "faxgate")
	if _, err := os.Stat(beside); err != nil {
		return own, nil
	}
	return beside, nil
}
