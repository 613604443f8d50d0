package locale

import (
	"strconv"
	"strings"
)

const (
	maxHeader = 1024 // bytes of Accept-Language that are read
	maxRanges = 32   // language ranges that are looked at
)

// Match decides the language of an answer. What the person chose wins; then comes
// the Accept-Language header (RFC 9110 12.5.4); then English. What is malformed or
// too long in the header is passed over.
func Match(chosen, acceptLanguage string) Language {
	for _, l := range Languages() {
		if l.covers(chosen) {
			return l
		}
	}
	return accepted(acceptLanguage)
}

// covers compares the primary subtag alone: ja-JP is Japanese.
func (l Language) covers(tag string) bool {
	primary, _, _ := strings.Cut(tag, "-")
	return strings.EqualFold(primary, string(l))
}

// languageRange is one element of the header.
type languageRange struct {
	tag    string
	weight float64 // 0 to 1; 0: not acceptable
}

// wish is how much the header wants a language; the zero value: not at all.
type wish struct {
	weight   float64
	position int
}

// above orders by weight, then by the place in the header.
func (w wish) above(other wish) bool {
	if w.weight != other.weight {
		return w.weight > other.weight
	}
	return w.weight > 0 && w.position < other.position
}

func accepted(header string) Language {
	ranges := parse(header)
	best, top := English, wish{}
	for _, l := range Languages() {
		if w := wishFor(l, ranges); w.above(top) {
			best, top = l, w
		}
	}
	return best
}

// wishFor prefers what the header says of the language over its "*".
func wishFor(l Language, ranges []languageRange) wish {
	if w, named := find(ranges, l.covers); named {
		return w
	}
	w, _ := find(ranges, func(tag string) bool { return tag == "*" })
	return w
}

// find gives the greatest weight among the matching ranges, so that
// "ja-JP;q=0.5, ja" asks for Japanese in full.
func find(ranges []languageRange, matches func(tag string) bool) (w wish, found bool) {
	for i, r := range ranges {
		if !matches(r.tag) {
			continue
		}
		if !found {
			w.position = i
		}
		w.weight, found = max(w.weight, r.weight), true
	}
	return w, found
}

func parse(header string) []languageRange {
	var ranges []languageRange
	seen := 0
	for part := range strings.SplitSeq(header[:min(len(header), maxHeader)], ",") {
		if seen++; seen > maxRanges {
			break
		}
		if r, ok := parseRange(part); ok {
			ranges = append(ranges, r)
		}
	}
	return ranges
}

// parseRange reads one language range with its weight (RFC 9110 12.4.2).
func parseRange(part string) (languageRange, bool) {
	tag, param, weighted := strings.Cut(part, ";")
	r := languageRange{tag: strings.TrimSpace(tag), weight: 1}
	if !weighted {
		return r, r.tag != ""
	}
	name, value, _ := strings.Cut(param, "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return r, false
	}
	var err error
	r.weight, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
	return r, err == nil && r.weight >= 0 && r.weight <= 1 // NaN fails both
}
