package render

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	xunicode "golang.org/x/text/encoding/unicode"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
)

// openText lays out plain text.
func openText(r request, data []byte) (page.Source, error) {
	text, ok := decodeText(data)
	if !ok {
		return nil, r.damaged(errors.New("text of no known encoding"))
	}
	if strings.TrimSpace(text) == "" {
		return nil, page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "document_empty", "name", r.Name))
	}
	// A page of text has at least a line, so that no page limit is far beyond this.
	const longest = 8 << 20 // bytes
	if len(text) > longest {
		return nil, r.tooLong()
	}
	return sheet.NewPlain(r.Paper, r.Resolution, text), nil
}

// looksLikeText reports whether bytes may be text: they have no control characters but
// those that text has. UTF-16 counts with a byte order mark only.
func looksLikeText(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		text, ok := decodeText(data)
		return ok && printable(text)
	}
	for _, b := range data {
		if b < ' ' && !bytes.ContainsRune([]byte("\t\n\v\f\r\x1a\x1b\x0e\x0f"), rune(b)) || b == 0x7f {
			return false
		}
	}
	_, ok := decodeText(data)
	return ok
}

// decodeText finds the encoding of a text by what is in it: a byte order mark, the escape
// sequences of ISO-2022-JP, well-formed UTF-8, then which of Shift_JIS (as Windows-31J)
// and EUC-JP makes Japanese of it, and at last what Windows writes in Western Europe.
func decodeText(data []byte) (string, bool) {
	data = bytes.TrimSuffix(data, []byte{0x1a}) // where DOS ends a text
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return string(data[3:]), utf8.Valid(data)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decoded(xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM), data)
	case isISO2022(data):
		return decoded(japanese.ISO2022JP, data)
	case utf8.Valid(data):
		return string(data), true
	}
	sjis, isSJIS := decoded(japanese.ShiftJIS, data)
	euc, isEUC := decoded(japanese.EUCJP, data)
	western, isWestern := decoded(charmap.Windows1252, data)
	switch {
	case isEUC && (!isSJIS || strangeness(euc) < strangeness(sjis)):
		return japaneseOrWestern(euc, western, isWestern)
	case isSJIS:
		return japaneseOrWestern(sjis, western, isWestern)
	}
	return western, isWestern
}

// japaneseOrWestern takes the text for Western where it reads as Japanese nobody writes:
// a few kanji or half-width kana alone among Latin letters.
func japaneseOrWestern(text, western string, isWestern bool) (string, bool) {
	japanese, latin := 0, 0
	for _, letter := range text {
		switch {
		case letter >= '。' && letter <= 'ヿ' || letter >= '！' && letter <= '～':
			japanese += 2
		case letter >= 0x3000:
			japanese++
		case unicode.IsLetter(letter):
			latin++
		}
	}
	if isWestern && japanese*8 < latin && strangeness(text) > 0 {
		return western, true
	}
	return text, true
}

// strangeness is how many letters of a text are such as hardly stand in one: half-width
// kana, of which text in the wrong encoding is full, count once, kanji of level 2 and
// signs of other scripts twice.
func strangeness(text string) int {
	n := 0
	for _, letter := range text {
		switch {
		case letter >= '｡' && letter <= 'ﾟ':
			n++
		case letter >= 0x0370 && letter < 0x0500, letter >= 0x2200 && letter < 0x2600:
			n += 2
		case letter >= 0x4e00 && letter < 0xa000 && !common(letter):
			n += 2
		}
	}
	return n
}

// common reports kanji of JIS X 0208 level 1, which are those of everyday text.
func common(letter rune) bool {
	code, err := japanese.EUCJP.NewEncoder().String(string(letter))
	return err == nil && len(code) == 2 && code[0] >= 0xb0 && code[0] <= 0xcf
}

// isISO2022 reports text in seven bits that switches to Japanese letters.
func isISO2022(data []byte) bool {
	for _, b := range data {
		if b >= 0x80 {
			return false
		}
	}
	for _, escape := range []string{"\x1b$@", "\x1b$B", "\x1b(J", "\x1b(I", "\x1b$(D"} {
		if bytes.Contains(data, []byte(escape)) {
			return true
		}
	}
	return false
}

// decoded is the text in an encoding; false when bytes of it mean nothing there.
func decoded(e encoding.Encoding, data []byte) (string, bool) {
	text, err := e.NewDecoder().Bytes(data)
	return string(text), err == nil && !bytes.ContainsRune(text, utf8.RuneError)
}

// printable reports text without control characters but those that text has.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\t\n\v\f\r", r)
	})
}
