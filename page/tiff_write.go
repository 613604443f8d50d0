package page

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Source has coded pages. [TIFF] and [Document] are sources.
type Source interface {
	// Pages is the number of pages.
	Pages() int
	// Coded is page i, counted from zero.
	Coded(i int) (Coded, error)
}

// Document is pages in memory.
type Document []Coded

// Pages is the number of pages.
func (d Document) Pages() int { return len(d) }

// Coded is page i.
func (d Document) Coded(i int) (Coded, error) { return d[i], nil }

// WriteTIFF writes a fax TIFF (RFC 2301, profile F; image/tiff): each page is one strip
// of T.6 code, as it is in from. One page at a time is in memory. From nothing, and
// beyond 4 GB, it fails with ErrTooLarge or ErrNotFax.
func WriteTIFF(w io.Writer, from Source) error {
	n := from.Pages()
	if n < 1 || n > math.MaxUint16 { // PageNumber is two SHORTs
		return fmt.Errorf("TIFF of %d pages: %w", n, ErrNotFax)
	}
	at := uint32(8)
	if _, err := w.Write(binary.LittleEndian.AppendUint32([]byte("II*\x00"), at)); err != nil {
		return err
	}
	for i := range n {
		c, err := from.Coded(i)
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", i+1, err)
		}
		b := tiffDirectory(c, at, i, n)
		if int64(at)+int64(len(b)) > math.MaxUint32 {
			return fmt.Errorf("TIFF of 4 GB: %w", ErrTooLarge)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		at += uint32(len(b))
	}
	return nil
}

// tiffDirectory is page i of n as it stands in the file at an offset: the directory,
// two RATIONALs, the strip.
func tiffDirectory(c Coded, at uint32, i, n int) []byte {
	const one = 0x10000 // a SHORT's value stands in the lower half, the second in the upper
	across, down := c.Resolution.DPI()
	fields := []struct {
		tag, kind uint16
		count     uint32
		value     uint32
	}{
		{tagNewSubfileType, typeLong, 1, 2}, // one page of many
		{tagImageWidth, typeLong, 1, uint32(c.Width)},
		{tagImageLength, typeLong, 1, uint32(c.Rows)},
		{tagBitsPerSample, typeShort, 1, 1},
		{tagCompression, typeShort, 1, compressionT6},
		{tagPhotometric, typeShort, 1, 0}, // WhiteIsZero
		{tagFillOrder, typeShort, 1, 1},
		{tagStripOffsets, typeLong, 1, 0}, // set below
		{tagOrientation, typeShort, 1, 1},
		{tagSamplesPerPixel, typeShort, 1, 1},
		{tagRowsPerStrip, typeLong, 1, uint32(c.Rows)},
		{tagStripByteCounts, typeLong, 1, uint32(len(c.Data))},
		{tagXResolution, typeRational, 1, 0},
		{tagYResolution, typeRational, 1, 0},
		{tagT6Options, typeLong, 1, 0},
		{tagResolutionUnit, typeShort, 1, 2}, // inch
		{tagPageNumber, typeShort, 2, uint32(i) + uint32(n)*one},
	}
	rationals := at + 2 + uint32(len(fields))*12 + 4
	data := rationals + 16
	end := data + uint32(len(c.Data)+len(c.Data)%2) // directories begin at even offsets
	order := binary.LittleEndian
	b := make([]byte, 0, end-at)
	b = order.AppendUint16(b, uint16(len(fields)))
	for _, f := range fields {
		switch f.tag {
		case tagStripOffsets:
			f.value = data
		case tagXResolution:
			f.value = rationals
		case tagYResolution:
			f.value = rationals + 8
		}
		b = order.AppendUint16(b, f.tag)
		b = order.AppendUint16(b, f.kind)
		b = order.AppendUint32(b, f.count)
		b = order.AppendUint32(b, f.value)
	}
	if i+1 == n {
		b = order.AppendUint32(b, 0)
	} else {
		b = order.AppendUint32(b, end)
	}
	for _, number := range []int{across, 1, down, 1} {
		b = order.AppendUint32(b, uint32(number))
	}
	b = append(b, c.Data...)
	return b[:end-at]
}
