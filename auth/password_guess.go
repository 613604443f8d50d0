package auth

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// commonPasswords are the passwords that attackers try first, the most common
// first; commonpasswords/README.md says where they come from.
//
//go:embed commonpasswords/list.gz
var commonPasswords []byte

// guessableBits is what a password must cost an attacker who knows the list: below
// 2^30 guesses, about a billion, it is refused.
const guessableBits = 30

// The bits that one part of a password costs. They follow the order in which
// attack programs try things rather than the entropy of random characters: what
// people add to reach a length is mostly a date, a counter or a repetition.
const (
	hintBits      = 1
	copyBits      = 3
	runBits       = 4 // and the logarithm of its length
	digitBits     = 2
	characterBits = 5
	foreignBits   = 7 // outside ASCII
)

const (
	shortestCopy = 3   // bytes
	shortestRun  = 3   // bytes
	guessedBytes = 128 // of a longer password, only the beginning counts
)

// keyboardLines are walked in both directions.
var keyboardLines = bothWays(
	"01234567890", "abcdefghijklmnopqrstuvwxyz", "!@#$%^&*()",
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn",
	"1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol", "0p;/",
)

func bothWays(lines ...string) []string {
	for _, line := range lines {
		back := []byte(line)
		for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
			back[i], back[j] = back[j], back[i]
		}
		lines = append(lines, string(back))
	}
	return lines
}

// part is a stretch of the password that an attacker tries as a whole.
type part struct {
	length, bits int
	hint         string
}

// guess is a folded password with all the parts that begin at each of its bytes.
type guess struct {
	text  string
	bytes []byte // the same
	parts [][]part
}

func newGuess(text string, hints []string) (*guess, error) {
	text = text[:min(len(text), guessedBytes)]
	g := &guess{text: text, bytes: []byte(text), parts: make([][]part, len(text))}
	for i := range g.parts {
		g.addCharacter(i)
		g.addRuns(i)
		g.addCopies(i)
	}
	for _, hint := range hints {
		g.addWord([]byte(hint), hintBits, hint)
	}
	return g, g.addCommon()
}

func (g *guess) add(at int, p part) { g.parts[at] = append(g.parts[at], p) }

func (g *guess) addCharacter(at int) {
	r, size := utf8.DecodeRuneInString(g.text[at:])
	switch {
	case '0' <= r && r <= '9':
		g.add(at, part{length: size, bits: digitBits})
	case r < utf8.RuneSelf:
		g.add(at, part{length: size, bits: characterBits})
	default:
		g.add(at, part{length: size, bits: foreignBits})
	}
}

// addRuns adds the walks along a keyboard or through the alphabet.
func (g *guess) addRuns(at int) {
	for _, line := range keyboardLines {
		for n := shortestRun; at+n <= len(g.text) && strings.Contains(line, g.text[at:at+n]); n++ {
			g.add(at, part{length: n, bits: runBits + bits.Len(uint(n))})
		}
	}
}

// addCopies adds what repeats something earlier, even if it is only the character just before.
func (g *guess) addCopies(at int) {
	longest := 0
	for from := range at {
		n := 0
		for at+n < len(g.text) && g.text[from+n] == g.text[at+n] {
			n++
		}
		longest = max(longest, n)
	}
	for n := shortestCopy; n <= longest; n++ {
		g.add(at, part{length: n, bits: copyBits})
	}
}

func (g *guess) addWord(word []byte, cost int, hint string) {
	for at := 0; ; at++ {
		i := bytes.Index(g.bytes[at:], word)
		if i < 0 {
			return
		}
		at += i
		g.add(at, part{length: len(word), bits: cost, hint: hint})
	}
}

// addCommon adds the common passwords, each at the logarithm of its rank.
func (g *guess) addCommon() error {
	z, err := gzip.NewReader(bytes.NewReader(commonPasswords))
	if err != nil {
		return fmt.Errorf("common passwords: %w", err)
	}
	rank := uint(0)
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		rank++
		g.addWord(lines.Bytes(), bits.Len(rank), "")
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("common passwords: %w", err)
	}
	return nil
}

// cheapest is the fewest bits at which the parts make up the whole password, and a
// hint among them if there is one.
func (g *guess) cheapest() (cost int, hint string) {
	type state struct {
		bits int
		hint string
	}
	const unreached = 1 << 30
	best := make([]state, len(g.text)+1)
	for i := 1; i < len(best); i++ {
		best[i].bits = unreached
	}
	for at, parts := range g.parts {
		for _, p := range parts {
			next := state{best[at].bits + p.bits, best[at].hint}
			if p.hint != "" {
				next.hint = p.hint
			}
			if end := &best[at+p.length]; next.bits < end.bits {
				*end = next
			}
		}
	}
	return best[len(g.text)].bits, best[len(g.text)].hint
}
