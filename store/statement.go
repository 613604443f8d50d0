package store

import (
	"fmt"
	"strings"
)

// statement is one SQL text with its arguments.
type statement struct {
	query string
	args  []any
}

// maxStatementText bounds what a log line has of a statement, in bytes.
const maxStatementText = 120

// failed says of an error which statement it happened to. The text holds no values:
// those are arguments. A nil error stays nil.
func failed(text string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", abridged(text), err)
}

// abridged is a statement on one line, without the columns that it reads.
func abridged(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if from := strings.Index(text, " FROM "); from > 0 && strings.HasPrefix(text, "SELECT ") {
		text = "SELECT …" + text[from:]
	}
	if len(text) > maxStatementText {
		text = strings.ToValidUTF8(text[:maxStatementText], "") + "…"
	}
	return text
}
