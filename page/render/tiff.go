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
	fields      []byte // 12 bytes each: tag, type, count, and the value or where it stands
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
		d := tiffDirectory{offset: at, order: order, fields: fields[:size], orientation: upright}
		if d.read(d.fields) {
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

// fieldBytes is the size of a value, by the type of the field (TIFF 6.0, section 2), of
// those that are whole numbers without a sign, and of bytes without a meaning.
var fieldBytes = [...]int{1: 1, 3: 2, 4: 4, 7: 1}

// field is the bytes of a field and how many each value has; none where it is not there,
// or where they lie beyond the file.
func (d tiffDirectory) field(data []byte, tag uint16) (values []byte, each int) {
	for fields := d.fields; len(fields) >= 12; fields = fields[12:] {
		kind := int(d.order.Uint16(fields[2:]))
		if d.order.Uint16(fields) != tag || kind >= len(fieldBytes) || fieldBytes[kind] == 0 {
			continue
		}
		each = fieldBytes[kind]
		size, at := int64(d.order.Uint32(fields[4:]))*int64(each), int64(d.order.Uint32(fields[8:]))
		switch {
		case size <= 4:
			return fields[8 : 8+size], each
		case at+size <= int64(len(data)):
			return data[at : at+size], each
		}
	}
	return nil, 1
}

// bytes are those of a field without a meaning of their own.
func (d tiffDirectory) bytes(data []byte, tag uint16) []byte {
	values, _ := d.field(data, tag)
	return values
}

// numbers are the values of a field.
func (d tiffDirectory) numbers(data []byte, tag uint16) []uint32 {
	values, each := d.field(data, tag)
	out := make([]uint32, len(values)/each)
	for i := range out {
		switch v := values[i*each:]; each {
		case 1:
			out[i] = uint32(v[0])
		case 2:
			out[i] = uint32(d.order.Uint16(v))
		case 4:
			out[i] = d.order.Uint32(v)
		}
	}
	return out
}

// number is the first value of a field, or fallback where there is none.
func (d tiffDirectory) number(data []byte, tag uint16, fallback uint32) uint32 {
	if all := d.numbers(data, tag); len(all) > 0 {
		return all[0]
	}
	return fallback
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
