package sheet

import (
	"embed"
	"io/fs"
	"sync"

	"golang.org/x/image/font/sfnt"
)

// The fonts: font/README.md says where they come from, font/OFL.txt on what terms.
//
//go:embed font/*.otf
var fonts embed.FS

// Fonts is a folder of the fonts, for programs that draw other people's documents.
func Fonts() fs.FS {
	folder, err := fs.Sub(fonts, "font")
	if err != nil {
		panic(err) // the name is a constant
	}
	return folder
}

// The fonts are opened when something is written; what they hold is read as it is needed.
var (
	gothic = sync.OnceValue(func() *sfnt.Font { return open("font/NotoSansCJKjp-Regular.otf") })
	mono   = sync.OnceValue(func() *sfnt.Font { return open("font/NotoSansMonoCJKjp-Regular.otf") })
)

// open panics on a malformed font: the fonts are compiled in, and the tests read them.
func open(name string) *sfnt.Font {
	data, err := fonts.ReadFile(name)
	if err != nil {
		panic(err)
	}
	f, err := sfnt.Parse(data)
	if err != nil {
		panic(name + ": " + err.Error())
	}
	return f
}

// typeface is where letters come from.
type typeface uint8

const (
	proportional typeface = iota
	// fixedPitch has letters of a half and of a whole em, so that columns stay columns.
	fixedPitch
)

// find gives the glyph of a letter, and the font that has it; zero when none has.
func (t typeface) find(b *sfnt.Buffer, letter rune) (*sfnt.Font, sfnt.GlyphIndex) {
	if t == fixedPitch {
		if index, err := mono().GlyphIndex(b, letter); err == nil && index != 0 {
			return mono(), index
		}
	}
	index, err := gothic().GlyphIndex(b, letter)
	if err != nil {
		index = 0
	}
	return gothic(), index
}
