// Package phone knows the telephone numbers of the world (ITU-T E.164): which number is
// meant by what somebody dials, of which country it is, and how people write it at home
// and abroad (ITU-T E.123). It reads digits; what people put between them is the caller's.
//
// It decides as libphonenumber does, from the same plans (plans/plans.txt). They are read
// at the first use, and those of a country at the first use of that country: a program
// that meets no number pays nothing.
package phone

import "strings"

// How many digits a national number may have. E.164 6.2.1 allows 15 with the country
// code; some countries have longer ones.
const (
	minNational = 2
	maxNational = 17
)

// Number is a telephone number. The zero value is none.
type Number struct {
	// Code is the country code, such as "81".
	Code string
	// National is the national (significant) number: without prefixes, with the zeros
	// that belong to it.
	National string
}

// Parse finds the number that is meant by digits: by those after a "+" an international
// one, by others what is dialled in a country (ISO 3166-1 alpha-2; empty: none). It need
// not be Possible. ok is false where no number can be meant.
func Parse(digits, country string) (n Number, ok bool) {
	home := world().country(country)
	rest, plus := strings.CutPrefix(digits, "+")
	if strings.Trim(rest, "0123456789") != "" {
		return Number{}, false
	}
	var p *plan
	var national string
	switch {
	case plus:
		if p, national = international(rest); p == nil && home != nil { // "+" and a prefix
			after, _ := home.withoutAbroad(rest)
			p, national = international(after)
		}
	case home != nil:
		p, national = home.dialled(digits)
	}
	if p == nil {
		return Number{}, false
	}
	n = Number{p.code, p.significant(national)}
	return n, len(n.National) >= minNational && len(n.National) <= maxNational
}

// international takes the country code off a number. It gives the plan that is the first
// one of the code, or nil where there is no such code.
func international(digits string) (p *plan, national string) {
	if len(digits) <= minNational {
		return nil, ""
	}
	for i := 1; i <= len("999"); i++ {
		if p := world().first(digits[:i]); p != nil {
			return p, digits[i:]
		}
	}
	return nil, ""
}

// Possible reports whether national numbers under the code have that many digits. Those
// that are dialled within an area only count too.
func (n Number) Possible() bool {
	p := world().first(n.Code)
	if p == nil {
		return false
	}
	length := p.length(n.National)
	return length == known || length == local
}

// Country is where the number is (ISO 3166-1 alpha-2). It is empty for a network of no
// country, such as +800, and for a number that is nowhere among countries that share
// their code.
func (n Number) Country() string {
	sharing := world().codes[n.Code]
	if len(sharing) == 1 {
		return sharing[0]().country
	}
	for _, p := range sharing {
		if p := p(); p.owns(n.National) {
			return p.country
		}
	}
	return ""
}

// String is the number in E.164, such as "+81312345678".
func (n Number) String() string { return "+" + n.Code + n.National }

// AtHome is the number as it is written in its country, such as "03-1234-5678".
func (n Number) AtHome() string { return n.written(func(f *format) string { return f.home }) }

// Abroad is the number as it is written for people elsewhere, such as "+81 3-1234-5678".
func (n Number) Abroad() string {
	return "+" + n.Code + " " + n.written(func(f *format) string { return f.abroad })
}

// written is the national number in the first format of that kind that it has, or as it
// is.
func (n Number) written(kind func(*format) string) string {
	p := world().first(n.Code)
	if p == nil {
		return n.National
	}
	for i := range p.formats {
		f := &p.formats[i]
		if as := kind(f); as != "" && f.takes(n.National) {
			return f.digits().ReplaceAllString(n.National, as)
		}
	}
	return n.National
}
