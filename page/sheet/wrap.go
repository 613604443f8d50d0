package sheet

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Letters that no line begins with, and that no line ends with (JIS X 4051, 6.1).
const (
	notFirst = "、。，．・：；？！ー）］｝〕〉》」』】’”％‰℃ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞヽヾ" +
		",.:;?!)]}%｡､･ｰ｣ﾞﾟ…‥"
	notLast = "（［｛〔〈《「『【‘“([{｢￥＄"
)

// wrap breaks a text into lines that are no wider than width: between words, and
// between Japanese letters, where the rules allow it. Lines of the text stay lines.
func (p *Pen) wrap(t typeface, size, width float64, text string) []string {
	var out []string
	for line := range strings.SplitSeq(norm.NFC.String(text), "\n") {
		letters := []rune(strings.TrimRight(line, " \t\r"))
		for {
			fits := p.fitting(t, size, width, letters)
			if fits == len(letters) {
				break
			}
			at := breakBefore(letters, fits)
			out = append(out, strings.TrimRight(string(letters[:at]), " "))
			letters = trimSpaces(letters[at:])
		}
		out = append(out, string(letters))
	}
	return out
}

// fitting is how many of the letters fit into the width; at least one does.
func (p *Pen) fitting(t typeface, size, width float64, letters []rune) int {
	at := 0.0
	for i, letter := range letters {
		at += p.glyph(t, letter, size).advance
		if at > width+1e-6 && i > 0 && letter != ' ' {
			return i
		}
	}
	return len(letters)
}

// breakBefore finds where a line of at most that many letters ends. A word that is
// longer than a line is cut.
func breakBefore(letters []rune, most int) int {
	for at := most; at > 0; at-- {
		if mayBreak(letters[at-1], letters[at]) {
			return at
		}
	}
	return most
}

// mayBreak reports whether a line may end between two letters.
func mayBreak(before, after rune) bool {
	switch {
	case strings.ContainsRune(notFirst, after), strings.ContainsRune(notLast, before), after == ' ':
		return false
	case before == ' ', before == '-', before == '　':
		return true
	}
	return wide(before) || wide(after)
}

// wide reports letters between which lines may break: kanji, kana and their signs.
func wide(letter rune) bool {
	return letter >= 0x2e80 && !unicode.Is(unicode.Hangul, letter)
}

// trimSpaces drops the spaces at which a line was broken.
func trimSpaces(letters []rune) []rune {
	for len(letters) > 0 && letters[0] == ' ' {
		letters = letters[1:]
	}
	return letters
}

// shorten cuts a line to a width, with an ellipsis where it was cut.
func (p *Pen) shorten(size, width float64, text string) string {
	if p.Width(size, text) <= width {
		return text
	}
	letters := []rune(norm.NFC.String(text))
	n := p.fitting(proportional, size, max(width-p.Width(size, "…"), 0), letters)
	return strings.TrimRight(string(letters[:n]), " ") + "…" // a space may have stood beyond the width
}
