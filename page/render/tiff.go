package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"io"
)

// What decoders of pictures look like.
type (
	configReader  = func(io.Reader) (image.Config, error)
	pictureReader = func(io.Reader) (image.Image, error)
)

// tiffDirectory is a page of a TIFF: where its directory stands, and how it lies.
type tiffDirectory struct {
	offset      uint32
	order       binary.ByteOrder
	orientation orientation
}

var errTIFF = errors.New("TIFF: a directory that leads nowhere")

// tiffDirectories finds the pages of a TIFF, but no thumbnails: at least one, and at most
// so many.
func tiffDirectories(data []byte, most int) ([]tiffDirectory, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(data, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(data) < 8 {
		return nil, errTIFF
	}
	var out []tiffDirectory
	seen := map[uint32]bool{}
	for at := order.Uint32(data[4:]); at != 0 && len(out) < most; {
		if seen[at] || int64(at)+2 > int64(len(data)) {
			return nil, errTIFF
		}
		seen[at] = true
		fields := data[at+2:]
		size := 12 * int(order.Uint16(data[at:]))
		if size+4 > len(fields) {
			return nil, errTIFF
		}
		d := tiffDirectory{offset: at, order: order, orientation: upright}
		if d.read(fields[:size]) {
			out = append(out, d)
		}
		at = order.Uint32(fields[size:])
	}
	if len(out) == 0 {
		return nil, errTIFF
	}
	return out, nil
}

// read reads the fields that matter, and reports false for a thumbnail.
func (d *tiffDirectory) read(fields []byte) bool {
	const newSubfileType, orientationTag, reduced = 254, 274, 1
	page := true
	for ; len(fields) >= 12; fields = fields[12:] {
		switch d.order.Uint16(fields) {
		case newSubfileType:
			page = d.order.Uint32(fields[8:])&reduced == 0
		case orientationTag:
			if v := d.order.Uint16(fields[8:]); v >= 1 && v <= 8 {
				d.orientation = orientation(v)
			}
		}
	}
	return page
}

// reader reads the TIFF as if this page were its first: decoders read no other.
func (d tiffDirectory) reader(data []byte) io.Reader {
	header := bytes.Clone(data[:8])
	d.order.PutUint32(header[4:], d.offset)
	return &tiffFrom{Reader: bytes.NewReader(data), header: header}
}

// tiffFrom is a file with another header.
type tiffFrom struct {
	*bytes.Reader
	header []byte
}

// ReadAt reads, and puts in the header.
func (f *tiffFrom) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.Reader.ReadAt(p, at)
	if at < int64(len(f.header)) {
		copy(p[:n], f.header[at:])
	}
	return n, err
}
