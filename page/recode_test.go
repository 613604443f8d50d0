package page_test

import (
	"bytes"
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
