package page

import "fmt"

// directory is the fields of one TIFF page, by tag.
type directory map[uint16]field

// number is a field that is one number, or fallback when it is not there.
func (d directory) number(tag uint16, fallback uint32) uint32 {
	if n, ok := d[tag].first(); ok {
		return n
	}
	return fallback
}

// page understands the fields.
func (d directory) page(f *tiffFile) (tiffPage, error) {
	var p tiffPage
	if err := d.bilevel(); err != nil {
		return p, err
	}
	if err := d.coded(&p); err != nil {
		return p, err
	}
	resolution, err := d.resolution(f)
	if err != nil {
		return p, err
	}
	// A number above the limits stays above them in an int, of whatever size that is.
	const most = 1 << 30
	p.Geometry = Geometry{
		Width:      int(min(d.number(tagImageWidth, 0), most)),
		Rows:       int(min(d.number(tagImageLength, 0), most)),
		Resolution: resolution,
	}
	if err := p.Check(); err != nil {
		return p, err
	}
	return p, d.locate(f, &p)
}

// bilevel refuses pictures with more than one bit a pixel, and turned ones.
func (d directory) bilevel() error {
	for _, must := range []struct {
		name string
		tag  uint16
	}{
		{"BitsPerSample", tagBitsPerSample}, {"SamplesPerPixel", tagSamplesPerPixel}, {"Orientation", tagOrientation},
	} {
		if n := d.number(must.tag, 1); n != 1 {
			return fmt.Errorf("%s is %d: %w", must.name, n, ErrNotFax)
		}
	}
	return nil
}

// coded understands how the bits are to be read.
func (d directory) coded(p *tiffPage) error {
	const twoDimensional = 1 // in T4Options
	switch n := d.number(tagCompression, 1); n {
	case compressionT6:
		p.coding = codingMMR
	case compressionT4:
		p.coding = codingMH
		if d.number(tagT4Options, 0)&twoDimensional != 0 {
			p.coding = codingMR
		}
	case compressionAligned:
		p.coding = codingAligned
	default:
		return fmt.Errorf("compression %d: %w", n, ErrNotFax)
	}
	photometric, fill := d.number(tagPhotometric, 0), d.number(tagFillOrder, 1)
	if photometric > 1 || fill < 1 || fill > 2 {
		return fmt.Errorf("PhotometricInterpretation %d, FillOrder %d: %w", photometric, fill, ErrNotFax)
	}
	p.inverted, p.reversed = photometric == 1, fill == 2
	return nil
}

// resolution finds the Resolution that the page was made for. Those of T.30 in inches,
// 200 × 100, 200 × 200 and 200 × 400, are printed on the same paper as the metric ones.
func (d directory) resolution(f *tiffFile) (Resolution, error) {
	across, err := f.rational(d[tagXResolution])
	if err != nil {
		return 0, err
	}
	down, err := f.rational(d[tagYResolution])
	if err != nil {
		return 0, err
	}
	const centimetre = 3
	if d.number(tagResolutionUnit, 2) == centimetre {
		across, down = across*2.54, down*2.54
	}
	if across >= 198 && across <= 206 {
		for r, nominal := range map[Resolution]float64{Standard: 98, Fine: 196, Superfine: 391} {
			if down >= nominal*0.97 && down <= nominal*1.03 {
				return r, nil
			}
		}
	}
	return 0, fmt.Errorf("resolution %.0f × %.0f dpi: %w", across, down, ErrNotFax)
}

// locate finds the strips.
func (d directory) locate(f *tiffFile, p *tiffPage) error {
	rows := d.number(tagRowsPerStrip, MaxRows)
	if rows == 0 {
		return fmt.Errorf("RowsPerStrip is 0: %w", ErrDamaged)
	}
	p.rowsPerStrip = int(min(rows, uint32(p.Rows)))
	count := (p.Rows + p.rowsPerStrip - 1) / p.rowsPerStrip
	offsets, err := f.numbers(d[tagStripOffsets], count)
	if err != nil {
		return fmt.Errorf("StripOffsets: %w", err)
	}
	lengths, err := f.numbers(d[tagStripByteCounts], count)
	if err != nil {
		return fmt.Errorf("StripByteCounts: %w", err)
	}
	total := int64(0)
	for i := range offsets {
		if total += lengths[i]; total > maxCodedBytes {
			return fmt.Errorf("more than %d bytes: %w", maxCodedBytes, ErrTooLarge)
		}
		if offsets[i]+lengths[i] > f.size {
			return fmt.Errorf("strip %d: beyond the end: %w", i+1, ErrDamaged)
		}
		p.strips = append(p.strips, strip{offsets[i], lengths[i]})
	}
	return nil
}
