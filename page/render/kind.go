package render

import (
	"bufio"
	"bytes"
	"unicode/utf16"
)

// kind is what a document is.
type kind uint8

const (
	unknown kind = iota
	isPDF
	isJPEG
	isPNG
	isTIFF
	isText
	isOffice  // of an office program: DOC, DOCX, XLS, XLSX, RTF
	isSealed  // of an office program, encrypted
	isNothing // without a byte
)

// pdfFront is how far PDF readers look for the header (ISO 32000-1, annex H, note 13).
const pdfFront = 1024

// kindOf judges a document by its content.
func kindOf(data []byte) kind {
	starts := func(with string) bool { return bytes.HasPrefix(data, []byte(with)) }
	switch {
	case len(data) == 0:
		return isNothing
	case bytes.Contains(data[:min(len(data), pdfFront)], []byte("%PDF-")):
		return isPDF
	case starts("\xff\xd8\xff"):
		return isJPEG
	case starts("\x89PNG\r\n\x1a\n"):
		return isPNG
	case starts("II*\x00"), starts("MM\x00*"):
		return isTIFF
	case starts(`{\rtf`):
		return isOffice
	case starts("PK\x03\x04"):
		return zipKind(data)
	case starts("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return compoundKind(data)
	case looksLikeText(data):
		return isText
	}
	return unknown
}

// zipKind tells office documents from other archives by the names in them (ECMA-376 part
// 2), which stand there uncompressed.
func zipKind(data []byte) kind {
	for _, name := range []string{"word/document", "xl/workbook"} {
		if bytes.Contains(data, []byte(name)) {
			return isOffice
		}
	}
	return unknown
}

// compoundKind tells documents from other compound files by the names of their streams,
// which are in UTF-16 (MS-CFB 2.6.1).
func compoundKind(data []byte) kind {
	has := func(name string) bool {
		var wide []byte
		for _, unit := range utf16.Encode([]rune(name)) {
			wide = append(wide, byte(unit), byte(unit>>8))
		}
		return bytes.Contains(data, wide)
	}
	switch {
	case has("EncryptedPackage"):
		return isSealed
	case has("WordDocument"), has("Workbook"), has("Book"):
		return isOffice
	}
	return unknown
}

// MayBePDF reports whether a document begins as a PDF does. It looks at its first bytes
// and leaves them to be read.
func MayBePDF(document *bufio.Reader) bool {
	front, _ := document.Peek(pdfFront) // what is shorter is all there is
	return bytes.Contains(front, []byte("%PDF-"))
}

// MayBeOffice reports whether a document begins as those of office programs do. It looks
// at its first bytes and leaves them to be read.
func MayBeOffice(document *bufio.Reader) bool {
	front, _ := document.Peek(8) // what is shorter is none
	for _, magic := range []string{"PK\x03\x04", "\xd0\xcf\x11\xe0", `{\rtf`} {
		if bytes.HasPrefix(front, []byte(magic)) {
			return true
		}
	}
	return false
}
