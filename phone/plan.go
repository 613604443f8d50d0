package phone

import (
	"math/bits"
	"regexp"
	"strings"
	"sync"
)

// plan is the numbering plan of a country, or of a network of no country.
type plan struct {
	country string // ISO 3166-1 alpha-2; empty: none
	code    string // that of E.164
	lengths lengths
	local   lengths // of what is dialled within an area only
	prefix  struct {
		abroad  pattern // before a country code
		trunk   pattern // before a national number
		becomes string  // what a trunk prefix is replaced by
	}
	general pattern // all national numbers
	begins  pattern // how the country's own begin, where others share the code
	known   pattern // those of the country, where others share the code
	formats []format
}

// format is a way to write numbers: which, and as what at home and abroad. It is empty
// where they are not written so.
type format struct {
	digits, begin pattern
	home, abroad  string
}

// takes reports whether the format is for the number.
func (f *format) takes(national string) bool {
	return f.begin.matches(national) && f.digits.matches(national)
}

// pattern is a regular expression for the beginning of a number, or all of it. It is
// compiled when it is first asked, for most never are. Nil: it takes everything.
type pattern func() *regexp.Regexp

// beginning takes numbers that begin so.
func beginning(text string) pattern {
	if text == "" {
		return nil
	}
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^(?:" + text + ")") })
}

// whole takes numbers that are so.
func whole(text string) pattern { return beginning("(?:" + text + ")$") }

func (p pattern) matches(number string) bool { return p == nil || p().MatchString(number) }

// lengths is a set of numbers of digits, below 32.
type lengths uint32

func (l lengths) has(n int) bool { return n < 32 && l>>n&1 == 1 }

// length says how a number's length stands to those of a plan.
type length int

const (
	known   length = iota // numbers have so many digits
	local                 // within an area they do
	short                 // all have more
	long                  // all have fewer
	between               // some have fewer, some have more
)

func (p *plan) length(national string) length {
	n := len(national)
	switch {
	case p.local.has(n):
		return local
	case p.lengths.has(n):
		return known
	case n < bits.TrailingZeros32(uint32(p.lengths)):
		return short
	case n >= bits.Len32(uint32(p.lengths)):
		return long
	}
	return between
}

// dialled reads what is dialled in the country: a number abroad, one that begins with
// the country's own code, or a national one. The plan is nil where there is no such code.
func (p *plan) dialled(digits string) (of *plan, national string) {
	if rest, found := p.withoutAbroad(digits); found {
		return international(rest)
	}
	if rest, found := p.withoutCode(digits); found {
		return world().first(p.code), rest
	}
	return p, digits
}

// withoutAbroad takes off what is dialled before a country code. No code begins with 0.
func (p *plan) withoutAbroad(digits string) (rest string, found bool) {
	if p.prefix.abroad == nil {
		return "", false
	}
	at := p.prefix.abroad().FindStringIndex(digits)
	if at == nil || strings.HasPrefix(digits[at[1]:], "0") {
		return "", false
	}
	return digits[at[1]:], true
}

// withoutCode takes off the country's own code, if that makes a number of what is none,
// or is too long.
func (p *plan) withoutCode(digits string) (rest string, found bool) {
	rest, found = strings.CutPrefix(digits, p.code)
	if !found {
		return "", false
	}
	rest = p.withoutTrunk(rest)
	better := !p.general.matches(digits) && p.general.matches(rest)
	return rest, better || p.length(digits) == long
}

// significant takes the trunk prefix off a national number, if enough is left.
func (p *plan) significant(national string) string {
	rest := p.withoutTrunk(national)
	switch p.length(rest) {
	case known, long:
		return rest
	}
	return national
}

// withoutTrunk takes off, or replaces, what is dialled before a national number. A number
// that is one already stays if it were none without the prefix.
func (p *plan) withoutTrunk(national string) string {
	if p.prefix.trunk == nil {
		return national
	}
	trunk := p.prefix.trunk()
	at := trunk.FindStringSubmatchIndex(national)
	if at == nil {
		return national
	}
	rest := national[at[1]:]
	// The digits that are kept are the last group of the pattern.
	if kept := at[len(at)-2]; p.prefix.becomes != "" && kept >= 0 {
		rest = trunk.ReplaceAllString(national, p.prefix.becomes)
	}
	if p.general.matches(national) && !p.general.matches(rest) {
		return national
	}
	return rest
}

// owns reports whether a number is the country's among those of a shared code.
func (p *plan) owns(national string) bool {
	if p.begins != nil {
		return p.begins.matches(national)
	}
	return p.general.matches(national) && p.known.matches(national)
}
