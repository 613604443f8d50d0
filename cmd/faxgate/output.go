package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/width"
)

// printJSON writes one object on the standard output, on one line, and nothing
// besides.
func (p *program) printJSON(object any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false) // URLs are to be copied
	return e.Encode(object)
}

// table is text in columns.
type table struct {
	rows [][]string
}

// row adds a row. The first one is the heading.
func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// write aligns the columns, two spaces apart. East Asian characters take two
// columns of a terminal.
func (t *table) write(w io.Writer) error {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-columns(cell)+2))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// columns is how wide the text is on a terminal.
func columns(text string) int {
	n := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
