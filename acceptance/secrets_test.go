package acceptance_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// secrets are the passwords, tokens, codes, cookies and tickets that the tests of
// this run met. None of them may stand in a log.
type secrets struct {
	mu    sync.Mutex
	known map[string]string // secret to what it is
}

func newSecrets() *secrets { return &secrets{known: map[string]string{}} }

// tokenText matches every token that the server makes: a prefix, 43 digits of
// chance and 6 of checksum.
var tokenText = regexp.MustCompile(`fg[a-z]_[0-9A-Za-z]{49}`)

// shortest is the length from which a text counts as a secret; shorter ones, such
// as an empty form field, would be found in any log.
const shortest = 12

// add remembers a secret and what it is.
func (s *secrets) add(what, secret string) {
	if len(secret) < shortest {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[secret] = what
}

// learn remembers every token in a text: a page, an answer, a URL.
func (s *secrets) learn(text string) {
	for _, token := range tokenText.FindAllString(text, -1) {
		s.add("token "+token[:3], token)
	}
}

// leaks says which secrets stand in a log, without repeating them.
func (s *secrets) leaks(log string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for secret, what := range s.known {
		if strings.Contains(log, secret) {
			found = append(found, fmt.Sprintf("%s %s…", what, secret[:6]))
		}
	}
	for _, token := range tokenText.FindAllString(log, -1) {
		found = append(found, fmt.Sprintf("a token %s…", token[:6]))
	}
	return found
}
