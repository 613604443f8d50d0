package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/faxgate/faxgate/fault"
)

// maxSecretFile is more than any password, token or URL takes.
const maxSecretFile = 64 << 10

// readSecret reads a file that holds one secret. A newline at its end, which
// editors add, is not part of it.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return secretFrom(f)
}

func secretFrom(r io.Reader) (string, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxSecretFile+1))
	if err != nil {
		return "", err
	}
	if len(content) > maxSecretFile {
		return "", fmt.Errorf("more than %d KiB", maxSecretFile>>10)
	}
	secret, found := strings.CutSuffix(string(content), "\r\n")
	if !found {
		secret = strings.TrimSuffix(secret, "\n")
	}
	if secret == "" {
		return "", errors.New("the file is empty")
	}
	return secret, nil
}

// password reads a password file. The path "-" is the standard input.
func (p *program) password(path string) (string, error) {
	var secret string
	var err error
	if path == "-" {
		secret, err = secretFrom(p.stdin)
	} else {
		secret, err = readSecret(path)
	}
	if err != nil {
		return "", unreadable(path, err).At("--password-file")
	}
	return secret, nil
}

// unreadable is a file that somebody named and that cannot be used.
func unreadable(path string, err error) *fault.Error {
	return fault.New(fault.Invalid, "file_unreadable", "path", path, "cause", cause(err))
}
