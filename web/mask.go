package web

import (
	"regexp"
	"strings"
	"sync"
)

var secretShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(fg[a-z]|whsec)_[0-9A-Za-z+/=]+`)
})

// Masked is a path as a log may have it: short, on one line, and without anything
// that looks like one of our secrets.
func Masked(path string) string {
	path = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(cutText(path, 200), "?"))
	if !strings.Contains(path, "_") {
		return path
	}
	return secretShape().ReplaceAllString(path, "${1}_…")
}
