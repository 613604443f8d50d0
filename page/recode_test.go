package page_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/faxgate/faxgate/page"
)

func TestRecodedIsThePixelsAndNothingElse(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	foreign := append(tiffOf(t, pages...), "made by a host that nobody asked for"...)
	tiff, err := page.OpenTIFF(bytes.NewReader(foreign), int64(len(foreign)))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int][]byte{2: tiffOf(t, pages[:2]...), 3: tiffOf(t, pages...), 4: tiffOf(t, pages...)} {
		var got bytes.Buffer
		if err := page.WriteTIFF(&got, tiff.Recoded(n)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%d pages: %d octets, want %d", n, got.Len(), len(want))
		}
	}
}

func TestCopyIsThePagesThatWereAskedFor(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	foreign := append(tiffOf(t, pages...), "made by a host that nobody asked for"...)
	for _, tt := range []struct {
		name    string
		foreign []byte
		n       int
		want    error
	}{
		{"one page", foreign, 1, nil},
		{"all pages", foreign, 3, nil},
		{"more than there are", foreign, 4, page.ErrNotFax},
		{"none", foreign, 0, page.ErrNotFax},
		{"no TIFF", foreign[len(foreign)-20:], 1, page.ErrNotFax},
	} {
		var got bytes.Buffer
		err := page.CopyTIFF(&got, bytes.NewReader(tt.foreign), int64(len(tt.foreign)), tt.n)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: CopyTIFF = %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && got.Len() > 0 {
			t.Errorf("%s: %d octets were written", tt.name, got.Len())
		}
		if err == nil && !bytes.Equal(got.Bytes(), tiffOf(t, pages[:tt.n]...)) {
			t.Errorf("%s: %d octets, which are not those pages", tt.name, got.Len())
		}
	}
}
