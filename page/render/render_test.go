package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/tiff"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"github.com/faxgate/faxgate/page"
)

// asked is a request for fine A4 pages.
func asked() request {
	return request{Request{Name: "x", Resolution: page.Fine, MaxPages: 100}}
}

// mustEncode is a text in an encoding.
func mustEncode(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestKindIsJudgedByContent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		want       kind
	}{
		{"nothing", "", isNothing},
		{"PDF", "%PDF-1.4\n", isPDF},
		{"PDF after a mail header", "X-Header: 1\r\n\r\n%PDF-1.4\n", isPDF},
		{"JPEG", "\xff\xd8\xff\xe1", isJPEG},
		{"PNG", "\x89PNG\r\n\x1a\n", isPNG},
		{"TIFF, Intel", "II*\x00", isTIFF},
		{"TIFF, Motorola", "MM\x00*", isTIFF},
		{"RTF", `{\rtf1`, isOffice},
		{"DOCX", "PK\x03\x04...word/document.xml", isOffice},
		{"XLSX", "PK\x03\x04...xl/workbook.xml", isOffice},
		{"ZIP", "PK\x03\x04...readme.txt", unknown},
		{"DOC", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "W\x00o\x00r\x00d\x00D\x00o\x00c\x00u\x00m\x00e\x00n\x00t\x00", isOffice},
		{"MSI", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", unknown},
		{"text", "hello\r\n\tworld\f", isText},
		{"a program", "\x7fELF\x02\x01\x01\x00", unknown},
		{"UTF-16 without a mark", "h\x00i\x00", unknown},
		{"UTF-16", "\xff\xfeh\x00i\x00", isText},
		{"half of a UTF-16 letter", "\xff\xfe\x00\xd8", unknown},
	} {
		if got := kindOf([]byte(tt.data)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestEncodingIsJudgedByContent(t *testing.T) {
	t.Parallel()
	encodings := map[string]encoding.Encoding{
		"UTF-8": encoding.Nop, "Shift_JIS": japanese.ShiftJIS, "EUC-JP": japanese.EUCJP, "ISO-2022-JP": japanese.ISO2022JP,
		"UTF-16LE": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16BE": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
	}
	for _, text := range []string{
		"拝啓　時下ますますご清栄のこととお喜び申し上げます。", "カタカナ", "ひらがな", "漢字", "発注書", "東京都千代田区丸の内１－１",
		"FAX: 03-1234-5678 担当：山田", "Invoice No. 12345 を送付します。", "お世話になっております。\r\n田中です。\r\n",
	} {
		for name, e := range encodings {
			if got, ok := decodeText([]byte(mustEncode(t, e, text))); !ok || got != text {
				t.Errorf("%s in %s is read as %q", text, name, got)
			}
		}
	}
	for _, tt := range []struct{ data, want string }{
		{"plain ASCII\n", "plain ASCII\n"},
		{"Gr\xfc\xdfe aus M\xfcnchen", "Grüße aus München"},
		{"Le caf\xe9 est ferm\xe9, d\xe9sol\xe9.", "Le café est fermé, désolé."},
		{"\xb1\xb2\xb3\xb4\xb5 \xb6\xc5", "ｱｲｳｴｵ ｶﾅ"},
		{"ended by DOS\x1a", "ended by DOS"},
	} {
		if got, ok := decodeText([]byte(tt.data)); !ok || got != tt.want {
			t.Errorf("%q is read as %q, want %q", tt.data, got, tt.want)
		}
	}
}

// corner is a picture whose left upper quarter is black.
func corner(p interface {
	image.Image
	Set(x, y int, c color.Color)
}) image.Image {
	b := p.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if x < (b.Min.X+b.Max.X)/2 && y < (b.Min.Y+b.Max.Y)/2 {
				p.Set(x, y, color.Black)
			} else {
				p.Set(x, y, color.White)
			}
		}
	}
	return p
}

// wantCorner checks that a page shows that quarter of a picture of 1000 by 1400.
func wantCorner(t *testing.T, from page.Source, i int) {
	t.Helper()
	coded, err := from.Coded(i)
	if err != nil {
		t.Fatal(err)
	}
	p, err := coded.Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][2]float64{{0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}} {
		want := at == [2]float64{0.25, 0.25}
		if p.Black(int(at[0]*float64(p.Width)), int(at[1]*float64(p.Rows))) != want {
			t.Errorf("page %d: black is not %t at %v", i+1, want, at)
		}
	}
}

func TestPicturesOfEveryColour(t *testing.T) {
	t.Parallel()
	r := image.Rect(0, 0, 1000, 1414)
	for name, p := range map[string]image.Image{
		"gray": corner(image.NewGray(r)), "gray of 16 bits": corner(image.NewGray16(r)),
		"RGB": corner(image.NewRGBA(r)), "RGB of 16 bits": corner(image.NewNRGBA64(r)),
		"palette": corner(image.NewPaletted(r, color.Palette{color.White, color.Black})), "CMYK": corner(image.NewCMYK(r)),
	} {
		for _, compression := range []tiff.CompressionType{tiff.Uncompressed, tiff.Deflate} {
			var b bytes.Buffer
			if err := tiff.Encode(&b, p, &tiff.Options{Compression: compression}); err != nil {
				t.Logf("%s: %v", name, err) // x/image writes no CMYK
				continue
			}
			from, err := openTIFF(asked(), b.Bytes())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			wantCorner(t, from, 0)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, p); err != nil {
			t.Fatal(err)
		}
		from, err := openPNG(asked(), b.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wantCorner(t, from, 0)
	}
}

func TestTransparentIsWhite(t *testing.T) {
	t.Parallel()
	gray := grayOf(image.NewNRGBA(image.Rect(0, 0, 2, 1)))
	if gray.Pix[0] != 255 {
		t.Errorf("a transparent pixel is %d", gray.Pix[0])
	}
}

// tiffcp makes of one TIFF others of several pages, as other programs do.
func TestTIFFOfSeveralPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var b bytes.Buffer
	if err := tiff.Encode(&b, corner(image.NewRGBA(image.Rect(0, 0, 1000, 1414))), nil); err != nil {
		t.Fatal(err)
	}
	one := filepath.Join(dir, "one.tif")
	if err := os.WriteFile(one, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"-c none", "-c lzw", "-c lzw:2", "-c packbits", "-c zip", "-c lzw -B", "-c lzw -t", "-c lzw -r 3"} {
		three := filepath.Join(dir, "three.tif")
		args := append(strings.Fields(how), one, one, one, three)
		if out, err := exec.Command("tiffcp", args...).CombinedOutput(); err != nil {
			t.Fatalf("tiffcp: %v: %s", err, out)
		}
		data, err := os.ReadFile(three)
		if err != nil {
			t.Fatal(err)
		}
		from, err := openTIFF(asked(), data)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if from.Pages() != 3 {
			t.Errorf("%s: %d pages", how, from.Pages())
		}
		wantCorner(t, from, 2)
	}
}

// jpegTIFF is a gray TIFF of one JPEG, with edits of its fields (tag, type and value).
func jpegTIFF(t testing.TB, p *image.Gray, edits ...[3]uint32) []byte {
	t.Helper()
	var strip bytes.Buffer
	if err := jpeg.Encode(&strip, p, nil); err != nil {
		t.Fatal(err)
	}
	const long = 4
	fields := [][3]uint32{
		{tagWidth, long, uint32(p.Rect.Dx())}, {tagLength, long, uint32(p.Rect.Dy())}, {258, long, 8}, {tagCompression, long, newJPEG},
		{tagPhotometric, long, blackIsZero}, {tagStripOffsets, long, 8}, {tagStripByteCounts, long, uint32(strip.Len())},
	}
	for _, e := range edits {
		fields = slices.DeleteFunc(fields, func(f [3]uint32) bool { return f[0] == e[0] })
		fields = append(fields, e)
	}
	le := binary.LittleEndian
	out := le.AppendUint32([]byte("II*\x00"), uint32(8+strip.Len()))
	out = append(out, strip.Bytes()...)
	out = le.AppendUint16(out, uint16(len(fields)))
	for _, f := range fields {
		out = le.AppendUint16(le.AppendUint16(out, uint16(f[0])), uint16(f[1]))
		out = le.AppendUint32(le.AppendUint32(out, 1), f[2])
	}
	return le.AppendUint32(out, 0)
}

func TestJPEGInATIFFIsGray(t *testing.T) {
	t.Parallel()
	r := image.Rect(0, 0, 1000, 1414)
	plain, inverted := corner(image.NewGray(r)).(*image.Gray), corner(image.NewGray(r)).(*image.Gray)
	for i, v := range inverted.Pix {
		inverted.Pix[i] = ^v
	}
	for _, data := range [][]byte{jpegTIFF(t, plain), jpegTIFF(t, inverted, [3]uint32{tagPhotometric, 4, whiteIsZero})} {
		from, err := openTIFF(asked(), data)
		if err != nil {
			t.Fatal(err)
		}
		wantCorner(t, from, 0)
	}
}

// A directory may say what it likes about the JPEG in it.
func TestJPEGInATIFFThatIsNotAsItSaysIsRefused(t *testing.T) {
	t.Parallel()
	p := corner(image.NewGray(image.Rect(0, 0, 64, 64))).(*image.Gray)
	for name, tt := range map[string]struct {
		edit [3]uint32
		code string
	}{
		"old JPEG":                    {[3]uint32{tagCompression, 4, oldJPEG}, "picture_old_jpeg"},
		"no pixels":                   {[3]uint32{tagWidth, 4, 0}, "picture_damaged"},
		"narrower than its JPEG":      {[3]uint32{tagWidth, 4, 63}, "picture_damaged"},
		"strips lower than its JPEG":  {[3]uint32{tagRowsPerStrip, 4, 32}, "picture_damaged"},
		"tiles smaller than its JPEG": {[3]uint32{tagTileWidth, 4, 32}, "picture_damaged"},
		"strips of no rows":           {[3]uint32{tagRowsPerStrip, 4, 0}, "picture_damaged"},
		"CMYK":                        {[3]uint32{tagPhotometric, 4, 5}, "picture_damaged"},
		"planes":                      {[3]uint32{tagPlanar, 4, 2}, "picture_damaged"},
		"beyond the end":              {[3]uint32{tagStripOffsets, 4, 1 << 30}, "picture_damaged"},
		"nowhere":                     {[3]uint32{tagStripOffsets, 5, 8}, "picture_damaged"},
		"cut off":                     {[3]uint32{tagStripByteCounts, 4, 200}, "picture_damaged"},
		"wider than its JPEG":         {[3]uint32{tagWidth, 4, 65}, "picture_damaged"},
		"higher than its JPEG":        {[3]uint32{tagLength, 4, 65}, "picture_damaged"},
		"enormous":                    {[3]uint32{tagLength, 4, 1 << 31}, "picture_damaged"},
	} {
		from, err := openTIFF(asked(), jpegTIFF(t, p, tt.edit))
		if err == nil {
			_, err = from.Coded(0)
		}
		if r := new(page.Refusal); !errors.As(err, &r) || r.Fault.Code != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	large := jpegTIFF(t, p, [3]uint32{tagWidth, 4, 60000})
	large = append(large[:0:0], large...)
	at := bytes.Index(large, []byte{tagLength & 0xff, tagLength >> 8, 4, 0, 1, 0, 0, 0})
	binary.LittleEndian.PutUint32(large[at+8:], 60000)
	from, err := openTIFF(asked(), large)
	if err == nil {
		_, err = from.Coded(0)
	}
	if r := new(page.Refusal); !errors.As(err, &r) || r.Fault.Code != "picture_too_large" {
		t.Errorf("60000 × 60000 pixels: %v", err)
	}
}

// JPEG in TIFF as other programs write it: strips and tiles, colours as YCbCr and as RGB.
func TestTIFFOfJPEGs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	tool := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v: %s", name, args, err, out)
		}
	}
	red := corner(image.NewRGBA(image.Rect(0, 0, 1000, 1414))).(*image.RGBA)
	for i := 0; i < len(red.Pix); i += 4 {
		red.Pix[i] = 255 // black becomes red, which taken for YCbCr is white
	}
	var b bytes.Buffer
	if err := tiff.Encode(&b, red, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in("alpha.tif"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	tool("tiff2rgba", "-c", "none", "-n", in("alpha.tif"), in("one.tif"))
	for _, how := range []string{
		"-c jpeg -r 16", "-c jpeg -r 256", "-c jpeg:r -r 64", "-c jpeg -B -r 64", "-c jpeg -t -w 128 -l 256", "-c jpeg:r -t -w 1024 -l 2048",
	} {
		tool("tiffcp", append(strings.Fields(how), in("one.tif"), in("one.tif"), in("two.tif"))...)
		data, err := os.ReadFile(in("two.tif"))
		if err != nil {
			t.Fatal(err)
		}
		from, err := openTIFF(asked(), data)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if from.Pages() != 2 {
			t.Errorf("%s: %d pages", how, from.Pages())
		}
		wantCorner(t, from, 1)
	}
	tool("tiffcp", "-c", "jpeg:r", "-r", "64", in("alpha.tif"), in("two.tif"))
	data, err := os.ReadFile(in("two.tif"))
	if err != nil {
		t.Fatal(err)
	}
	from, err := openTIFF(asked(), data)
	if err == nil {
		_, err = from.Coded(0)
	}
	if r := new(page.Refusal); !errors.As(err, &r) || r.Fault.Code != "picture_damaged" {
		t.Errorf("with transparency: %v", err)
	}
}

func TestPictureStandsAsItWasTaken(t *testing.T) {
	t.Parallel()
	want := corner(image.NewGray(image.Rect(0, 0, 4, 6))).(*image.Gray)
	for o := upright; o <= 8; o++ {
		size := o.size(want.Rect.Size()) // as the camera saw it
		lying := image.NewGray(image.Rect(0, 0, size.X, size.Y))
		for y := range 6 {
			for x := range 4 {
				fx, fy := o.source(x, y, size.X, size.Y)
				lying.Pix[fy*lying.Stride+fx] = want.Pix[y*want.Stride+x]
			}
		}
		if got := o.apply(lying); !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("orientation %d: %v, want %v", o, got.Pix, want.Pix)
		}
		quarter := o.quarter().apply(lying)
		twice := orientation(8).apply(want)
		if !bytes.Equal(quarter.Pix, twice.Pix) {
			t.Errorf("orientation %d and a quarter: %v, want %v", o, quarter.Pix, twice.Pix)
		}
	}
}

func TestExifSaysHowTheCameraWasHeld(t *testing.T) {
	t.Parallel()
	exif := "\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	if got := jpegOrientation([]byte(exif)); got != 6 {
		t.Errorf("the orientation is %d, want 6", got)
	}
	for n := range exif {
		jpegOrientation([]byte(exif[:n]))
	}
}

func TestRefusalComesThroughThePipe(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if got := exit(asked().tooLong(), &b); got != ExitRefused {
		t.Errorf("the exit status is %d", got)
	}
	got, err := ReadRefusal(b.Bytes())
	if err != nil || got.Status != page.FailedPages || got.Fault.Params["limit"] != 100 || got.Fault.Params["name"] != "x" {
		t.Errorf("it comes as %v, %v", got, err)
	}
	for _, nonsense := range []string{"", "{}", "panic: oh", `{"Status":"failed"}`} {
		if _, err := ReadRefusal([]byte(nonsense)); err == nil {
			t.Errorf("%q is taken for a refusal", nonsense)
		}
	}
	b.Reset()
	if got := exit(io.ErrUnexpectedEOF, &b); got != ExitFailed || !strings.Contains(b.String(), "unexpected EOF") {
		t.Errorf("trouble ends with status %d and %q", got, b.String())
	}
}

// What is no PDF is read in this process: whatever it is, it ends as pages or refused.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("hello"))
	f.Add([]byte("\x1b$B$\"\x1b(B"))
	for _, p := range []image.Image{corner(image.NewGray(image.Rect(0, 0, 9, 9))), corner(image.NewNRGBA(image.Rect(0, 0, 3, 70)))} {
		var asPNG, asTIFF bytes.Buffer
		if png.Encode(&asPNG, p) != nil || tiff.Encode(&asTIFF, p, nil) != nil {
			f.Fatal("no seeds")
		}
		f.Add(asPNG.Bytes())
		f.Add(asTIFF.Bytes())
	}
	small := corner(image.NewGray(image.Rect(0, 0, 9, 9))).(*image.Gray)
	f.Add(jpegTIFF(f, small))
	f.Add(jpegTIFF(f, small, [3]uint32{tagTileWidth, 4, 16}, [3]uint32{tagTileLength, 4, 16}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if kindOf(data) == isPDF {
			return
		}
		r := asked()
		r.MaxPages = 3
		pages, err := open(r, data)
		if err == nil && pages.Pages() <= r.MaxPages {
			err = page.WriteTIFF(io.Discard, pages)
		}
		if err != nil && !errors.As(err, new(*page.Refusal)) && !errors.Is(err, page.ErrDamaged) && !errors.Is(err, page.ErrTooLarge) {
			t.Fatal(err)
		}
	})
}
