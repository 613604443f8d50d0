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
	return withoutSecrets(path)
}

// withoutSecrets cuts off whatever looks like one of our secrets after its prefix.
func withoutSecrets(text string) string {
	if !strings.Contains(text, "_") {
		return text
	}
	return secretShape().ReplaceAllString(text, "${1}_…")
}
