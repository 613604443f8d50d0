package page

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// The TIFF tags that a fax page has (TIFF 6.0; RFC 2301, 2.2 and 3).
const (
	tagNewSubfileType  = 254
	tagImageWidth      = 256
	tagImageLength     = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagFillOrder       = 266
	tagStripOffsets    = 273
	tagOrientation     = 274
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagT4Options       = 292
	tagT6Options       = 293
	tagResolutionUnit  = 296
	tagPageNumber      = 297
)

// The types of a field.
const (
	typeShort    = 3
	typeLong     = 4
	typeRational = 5
)

// Values of Compression.
const (
	compressionAligned = 2
	compressionT4      = 3
	compressionT6      = 4
)

// The limits of a TIFF. A page of the highest resolution with every other pixel black
// has 9 MB of T.4 code; a directory of a fax page has about 20 fields.
const (
	maxPages      = 5000
	maxFields     = 512
	maxCodedBytes = 32 << 20 // of one page
)

// TIFF is a fax TIFF that was opened. It may be used by several goroutines at once.
type TIFF struct {
	r     io.ReaderAt
	pages []tiffPage
}

// tiffPage is what a directory says of its page.
type tiffPage struct {
	Geometry
	coding       coding
	inverted     bool // BlackIsZero: what is coded as black is white
	reversed     bool // FillOrder 2: the lowest bit of a byte comes first
	rowsPerStrip int
	strips       []strip
}

// strip is where a part of the code stands in the file, in bytes.
type strip struct{ offset, length int64 }

// OpenTIFF reads the directories of a TIFF of size bytes, all of whose pages are fax
// pages: one bit a pixel, coded by T.4 or T.6, of a width of T.4 and a resolution of
// T.30 (those in inches count as their metric neighbours). Another TIFF gives
// ErrNotFax, a broken one ErrDamaged, one with very many pages or rows ErrTooLarge.
// Thumbnails are left out. The pixels are read by Page and Coded, from r.
func OpenTIFF(r io.ReaderAt, size int64) (*TIFF, error) {
	f := tiffFile{r: r, size: size}
	next, err := f.header()
	if err != nil {
		return nil, fmt.Errorf("TIFF: %w", err)
	}
	t := &TIFF{r: r}
	seen := map[int64]bool{}
	for next != 0 {
		if seen[next] {
			return nil, fmt.Errorf("TIFF: directories in a circle: %w", ErrDamaged)
		}
		if len(seen) == maxPages {
			return nil, fmt.Errorf("TIFF: more than %d pages: %w", maxPages, ErrTooLarge)
		}
		seen[next] = true
		var d directory
		if d, next, err = f.directory(next); err == nil {
			err = t.add(&f, d)
		}
		if err != nil {
			return nil, fmt.Errorf("TIFF directory %d: %w", len(seen), err)
		}
	}
	if len(t.pages) == 0 {
		return nil, fmt.Errorf("TIFF without pages: %w", ErrDamaged)
	}
	return t, nil
}

// add takes the page of a directory, unless it is a thumbnail.
func (t *TIFF) add(f *tiffFile, d directory) error {
	const reducedResolution = 1
	if d.number(tagNewSubfileType, 0)&reducedResolution != 0 {
		return nil
	}
	p, err := d.page(f)
	if err != nil {
		return err
	}
	t.pages = append(t.pages, p)
	return nil
}

// Pages is the number of pages; they are counted from zero.
func (t *TIFF) Pages() int { return len(t.pages) }

// Geometry is the shape of page i.
func (t *TIFF) Geometry(i int) Geometry { return t.pages[i].Geometry }

// Page reads the pixels of page i. Code that is broken or too short gives ErrDamaged.
func (t *TIFF) Page(i int) (*Page, error) {
	from := &t.pages[i]
	p, err := New(from.Geometry)
	if err != nil {
		return nil, err
	}
	d := newDecoder(p.Width)
	for n, s := range from.strips {
		data, err := t.read(from, s)
		if err == nil {
			first := n * from.rowsPerStrip
			err = d.decode(data, from.coding, p, first, min(first+from.rowsPerStrip, p.Rows))
		}
		if err != nil {
			return nil, fmt.Errorf("TIFF page %d: %w", i+1, err)
		}
	}
	if from.inverted {
		for n := range p.Words {
			p.Words[n] = ^p.Words[n]
		}
	}
	return p, nil
}

// Coded is page i as T.6 code. When the file has just that, in one strip, its bytes are
// handed on as they are, unread: whoever doubts them asks for Page.
func (t *TIFF) Coded(i int) (Coded, error) {
	from := &t.pages[i]
	if from.coding == codingMMR && !from.inverted && len(from.strips) == 1 {
		data, err := t.read(from, from.strips[0])
		return Coded{from.Geometry, data}, err
	}
	p, err := t.Page(i)
	if err != nil {
		return Coded{}, err
	}
	return p.Code(), nil
}

// read gives the bytes of a strip, with the first bit of each byte the highest.
func (t *TIFF) read(p *tiffPage, s strip) ([]byte, error) {
	data := make([]byte, s.length)
	if n, err := t.r.ReadAt(data, s.offset); n < len(data) {
		return nil, fmt.Errorf("TIFF strip: %w", err)
	}
	if p.reversed {
		for i, b := range data {
			data[i] = bits.Reverse8(b)
		}
	}
	return data, nil
}

// tiffFile reads the structure of a file. What lies outside of it is damage.
type tiffFile struct {
	r     io.ReaderAt
	size  int64
	order binary.ByteOrder
}

// bytes reads n bytes at an offset.
func (f *tiffFile) bytes(offset int64, n int) ([]byte, error) {
	if offset < 0 || offset+int64(n) > f.size {
		return nil, fmt.Errorf("offset %d: beyond the end: %w", offset, ErrDamaged)
	}
	b := make([]byte, n)
	if got, err := f.r.ReadAt(b, offset); got < n {
		return nil, fmt.Errorf("offset %d: %w", offset, err)
	}
	return b, nil
}

// header finds the byte order and the first directory.
func (f *tiffFile) header() (first int64, err error) {
	b, err := f.bytes(0, 8)
	if err != nil {
		return 0, err
	}
	switch string(b[:4]) {
	case "II*\x00":
		f.order = binary.LittleEndian
	case "MM\x00*":
		f.order = binary.BigEndian
	default:
		return 0, fmt.Errorf("no TIFF header: %w", ErrNotFax)
	}
	return int64(f.order.Uint32(b[4:])), nil
}

// directory reads the fields at an offset, and where the next directory is (0: nowhere).
func (f *tiffFile) directory(offset int64) (d directory, next int64, err error) {
	b, err := f.bytes(offset, 2)
	if err != nil {
		return nil, 0, err
	}
	n := int(f.order.Uint16(b))
	if n > maxFields {
		return nil, 0, fmt.Errorf("%d fields: %w", n, ErrTooLarge)
	}
	if b, err = f.bytes(offset+2, n*12+4); err != nil {
		return nil, 0, err
	}
	d = make(directory, n)
	for ; n > 0; n-- {
		d[f.order.Uint16(b)] = field{
			kind:  f.order.Uint16(b[2:]),
			count: f.order.Uint32(b[4:]),
			value: [4]byte(b[8:12]),
			order: f.order,
		}
		b = b[12:]
	}
	return d, int64(f.order.Uint32(b)), nil
}

// field is an entry of a directory.
type field struct {
	kind  uint16
	count uint32
	value [4]byte // or, where that is too small, its offset
	order binary.ByteOrder
}

// first is the first number of a field that holds its value itself.
func (v field) first() (n uint32, ok bool) {
	switch {
	case v.kind == typeShort && v.count > 0:
		return uint32(v.order.Uint16(v.value[:])), true
	case v.kind == typeLong && v.count > 0:
		return v.order.Uint32(v.value[:]), true
	}
	return 0, false
}

// numbers reads count SHORTs or LONGs.
func (f *tiffFile) numbers(v field, count int) ([]int64, error) {
	size := map[uint16]int{typeShort: 2, typeLong: 4}[v.kind]
	if size == 0 || int64(v.count) != int64(count) {
		return nil, fmt.Errorf("%d values of type %d, want %d: %w", v.count, v.kind, count, ErrDamaged)
	}
	b := v.value[:]
	if count*size > len(b) {
		var err error
		if b, err = f.bytes(int64(f.order.Uint32(b)), count*size); err != nil {
			return nil, err
		}
	}
	out := make([]int64, count)
	for i := range out {
		if size == 2 {
			out[i] = int64(f.order.Uint16(b[i*2:]))
		} else {
			out[i] = int64(f.order.Uint32(b[i*4:]))
		}
	}
	return out, nil
}

// rational reads a RATIONAL; zero when it is none or infinite.
func (f *tiffFile) rational(v field) (float64, error) {
	if v.kind != typeRational || v.count == 0 {
		return 0, nil
	}
	b, err := f.bytes(int64(f.order.Uint32(v.value[:])), 8)
	if err != nil {
		return 0, err
	}
	over, under := f.order.Uint32(b), f.order.Uint32(b[4:])
	if under == 0 {
		return 0, nil
	}
	return float64(over) / float64(under), nil
}
