package capture

import (
	"bytes"
	"strings"
)

// Headers with what a password made. Whoever has it and the rest of the message can try
// passwords at leisure (RFC 3261 22.4, RFC 8760).
var (
	credentials = []string{"Authorization", "Proxy-Authorization"}
	proofs      = []string{"Authentication-Info", "Proxy-Authentication-Info"}
)

// Clean is SIP without what a password made: the values of "response" and "rspauth" become
// as many "x". Credentials of another scheme than Digest become that as a whole. The text
// is as long as before; it is copied if something changes.
func Clean(sip []byte) []byte {
	cleaned := false
	for at := 0; at < len(sip); {
		end := at + headerLength(sip[at:])
		name, _, found := bytes.Cut(sip[at:end], []byte(":"))
		if found && secret(name) {
			if !cleaned {
				sip, cleaned = bytes.Clone(sip), true
			}
			cleanValue(sip[at+len(name)+1:end], oneOf(name, credentials))
		}
		at = end
	}
	return sip
}

// headerLength is how long the header is that a text begins with: to the end of the line,
// and of those that continue it, which begin with a space (RFC 3261 7.3.1).
func headerLength(text []byte) (n int) {
	for {
		line := bytes.IndexByte(text[n:], '\n')
		if line < 0 {
			return len(text)
		}
		n += line + 1
		if n == len(text) || text[n] != ' ' && text[n] != '\t' {
			return n
		}
	}
}

func secret(name []byte) bool { return oneOf(name, credentials) || oneOf(name, proofs) }

func oneOf(name []byte, of []string) bool {
	text := string(bytes.TrimSpace(name))
	for _, n := range of {
		if strings.EqualFold(text, n) {
			return true
		}
	}
	return false
}

const space = " \t\r\n"

// cleanValue cleans the value of such a header, in place.
func cleanValue(value []byte, credentials bool) {
	scheme := bytes.TrimLeft(value, space)
	if end := bytes.IndexAny(scheme, space); end >= 0 {
		scheme = scheme[:end]
	}
	if credentials && !strings.EqualFold(string(scheme), "Digest") {
		cross(value)
		return
	}
	said := lowered(value)
	for _, parameter := range []string{"response", "rspauth"} {
		for at, done := 0, 0; ; {
			found := bytes.Index(said[at:], []byte(parameter))
			if found < 0 {
				break
			}
			at += found + len(parameter)
			if from, to, ok := assigned(said, at, done); ok {
				cross(value[from:to])
				done = max(done, to)
			}
		}
	}
}

// lowered is text with its ASCII letters small, and as long as before.
func lowered(text []byte) []byte {
	lower := bytes.Clone(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] += 'a' - 'A'
		}
	}
	return lower
}

// assigned finds what is assigned behind a parameter's name that ends at an offset: a
// quoted string's content or a token; ok is false where there is no "=". Each place that
// looks like an assignment counts, also within a string, which the other end may have
// written. What is done already is not searched again, so that nobody can make it long.
func assigned(text []byte, at, done int) (from, to int, ok bool) {
	after := bytes.TrimLeft(text[at:], space)
	if len(after) == 0 || after[0] != '=' {
		return 0, 0, false
	}
	after = bytes.TrimLeft(after[1:], space)
	from = len(text) - len(after)
	if len(after) == 0 || after[0] != '"' {
		from = max(from, done)
		if end := bytes.IndexAny(text[from:], ","+space); end >= 0 {
			return from, from + end, true
		}
		return from, len(text), true
	}
	for to = from + 1; to < len(text) && text[to] != '"'; to++ {
		if text[to] == '\\' {
			to++
		}
	}
	return from + 1, min(to, len(text)), true
}

// cross makes an x of everything but spaces and the ends of lines.
func cross(text []byte) {
	for i, c := range text {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			text[i] = 'x'
		}
	}
}
