package page_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// sheet is a picture of one gray.
func sheet(width, height int, gray uint8) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, width, height))
	box(g, g.Rect, gray)
	return g
}

// box fills a part of a picture.
func box(g *image.Gray, r image.Rectangle, gray uint8) {
	draw.Draw(g, r, image.NewUniform(color.Gray{Y: gray}), image.Point{}, draw.Src)
}

// letter is a picture of a page of text, with that much light on each column.
func letter(t testing.TB, light func(x int) float64) *image.Gray {
	p := textPage(t, page.WidthA4, 2400)
	g := image.NewGray(image.Rect(0, 0, p.Width, p.Rows))
	for y := range p.Rows {
		for x := range p.Width {
			v := 1.0
			if p.Black(x, y) {
				v = 0.15
			}
			g.Pix[y*g.Stride+x] = uint8(255 * v * light(x))
		}
	}
	return g
}

// mustFromGray is FromGray of what is a page.
func mustFromGray(t testing.TB, g *image.Gray, r page.Resolution, tone page.Tone) *page.Page {
	t.Helper()
	p, err := page.FromGray(g, page.WidthA4, r, tone)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// blackShare is how much of a page is black.
func blackShare(p *page.Page) float64 {
	return float64(p.Ink()) / float64(p.Width*p.Rows)
}

var allResolutions = []page.Resolution{page.Standard, page.Fine, page.Superfine}

func TestPictureKeepsItsShapeOnPaper(t *testing.T) {
	t.Parallel()
	picture := sheet(1000, 1414, 255)
	box(picture, image.Rect(250, 400, 750, 900), 0) // half as wide as the page, and square
	for _, width := range widths {
		for _, r := range allResolutions {
			p, err := page.FromGray(picture, width, r, page.Text)
			if err != nil {
				t.Fatal(err)
			}
			across, down := p.Millimetres()
			if math.Abs(down/across-1.414) > 0.002 {
				t.Errorf("%v: want 1.414 times as high as wide", p.Geometry)
			}
			if got, want := blackShare(p), 0.5*0.5/1.414; math.Abs(got-want) > 0.001 {
				t.Errorf("%v: %.4f of it is black, want %.4f", p.Geometry, got, want)
			}
			for _, corner := range [][2]float64{{0.26, 0.29}, {0.74, 0.29}, {0.26, 0.63}, {0.74, 0.63}} {
				if !p.Black(int(corner[0]*float64(width)), int(corner[1]*float64(p.Rows))) {
					t.Errorf("%v: the square is not at %v", p.Geometry, corner)
				}
			}
		}
	}
}

func TestPictureOfAnySizeBecomesAPage(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {2, 1}, {1728, 1}, {5000, 3}, {100, 141}, {3000, 40}, {7, 60}, {1728, 2287}} {
		for _, tone := range []page.Tone{page.Text, page.Photo} {
			black := mustFromGray(t, sheet(size[0], size[1], 0), page.Standard, tone)
			if got := blackShare(black); got != 1 {
				t.Errorf("%v, tone %d: %.3f of a black picture is black", size, tone, got)
			}
			white := mustFromGray(t, sheet(size[0], size[1], 255), page.Standard, tone)
			if got := blackShare(white); got != 0 {
				t.Errorf("%v, tone %d: %.3f of a white picture is black", size, tone, got)
			}
		}
	}
}

func TestPicturesThatAreNoPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		picture *image.Gray
		width   int
		want    error
	}{
		{"no pixels", sheet(0, 0, 0), page.WidthA4, page.ErrNotFax},
		{"no such width", sheet(10, 10, 0), 1700, page.ErrNotFax},
		{"as long as a street", sheet(10, 1000, 0), page.WidthA4, page.ErrTooLarge},
	} {
		if _, err := page.FromGray(tt.picture, tt.width, page.Fine, page.Text); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestPartOfAPictureIsReadWhereItIs(t *testing.T) {
	t.Parallel()
	whole := letter(t, func(int) float64 { return 1 })
	part := whole.SubImage(image.Rect(101, 303, 1301, 1503)).(*image.Gray)
	alone := image.NewGray(image.Rect(0, 0, 1200, 1200))
	draw.Draw(alone, alone.Rect, part, part.Rect.Min, draw.Src)
	samePages(t, mustFromGray(t, part, page.Fine, page.Text), mustFromGray(t, alone, page.Fine, page.Text))
}

func TestTextDoesNotMindTheLight(t *testing.T) {
	t.Parallel()
	want := mustFromGray(t, letter(t, func(int) float64 { return 1 }), page.Fine, page.Text)
	for name, light := range map[string]func(x int) float64{
		"gray paper":           func(int) float64 { return 0.6 },
		"a shadow at the left": func(x int) float64 { return 0.45 + 0.5*min(float64(x)/900, 1) },
		"a lamp in the middle": func(x int) float64 { return 1 - 0.5*math.Abs(float64(x)-864)/864 },
	} {
		got := mustFromGray(t, letter(t, light), page.Fine, page.Text)
		differ := 0
		for i, w := range got.Words {
			for d := w ^ want.Words[i]; d != 0; d &= d - 1 {
				differ++
			}
		}
		if share := float64(differ) / float64(want.Ink()); share > 0.02 {
			t.Errorf("%s: %.1f %% as many pixels differ as are black", name, share*100)
		}
	}
}

func TestTextKeepsAreasThatAreMeant(t *testing.T) {
	t.Parallel()
	picture := letter(t, func(int) float64 { return 1 })
	size := picture.Rect.Size()
	areas := []struct {
		name  string
		gray  uint8
		black bool
	}{
		{"black bar", 10, true}, {"dark box", 80, true}, {"tinted box", 130, true}, {"pale box", 200, false},
	}
	at := func(i int) image.Rectangle { return image.Rect(300, 300+i*400, 1200, 600+i*400) }
	for i, a := range areas {
		box(picture, at(i), a.gray)
	}
	box(picture, image.Rect(600, 400, 660, 500), 255) // a letter in the black bar
	p := mustFromGray(t, picture, page.Fine, page.Text)
	for i, a := range areas {
		r := at(i)
		for y := r.Min.Y + 4; y < r.Max.Y-4; y++ {
			for x := r.Min.X + 4; x < r.Max.X-4; x++ {
				want := a.black
				if i == 0 && image.Pt(x, y).In(image.Rect(596, 396, 664, 504)) {
					if want = false; !image.Pt(x, y).In(image.Rect(604, 404, 656, 496)) {
						continue
					}
				}
				if p.Black(x, y*p.Rows/size.Y) != want {
					t.Fatalf("%s: black is not %t in column %d of row %d", a.name, want, x, y)
				}
			}
		}
	}
}

func TestPhotoHasAsMuchBlackAsTheGrayIsDark(t *testing.T) {
	t.Parallel()
	for _, r := range allResolutions {
		before := 2.0
		for gray := 0; gray <= 255; gray += 15 {
			got := blackShare(mustFromGray(t, sheet(400, 300, uint8(gray)), r, page.Photo))
			if want := 1 - float64(gray)/255; math.Abs(got-want) > 0.06 {
				t.Errorf("%v, gray %d: %.3f is black, want %.3f", r, gray, got, want)
			}
			if got > before {
				t.Errorf("%v: gray %d is darker than the one before", r, gray)
			}
			before = got
		}
	}
}

// photo is a picture with soft shapes, edges and a little grain.
func photo(width, height int) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, width, height))
	chance := rand.New(rand.NewPCG(3, 4))
	for y := range height {
		for x := range width {
			u, v := float64(x)/float64(width), float64(y)/float64(height)
			light := 128 + 60*math.Sin(7*u+3*v) + 50*math.Cos(11*v*u) + float64(chance.IntN(12))
			if math.Hypot(u-0.5, v-0.4) < 0.2 {
				light *= 0.5
			}
			g.Pix[y*g.Stride+x] = uint8(min(max(light, 0), 255))
		}
	}
	return g
}

// Dots that hang together are what makes a photo short on the line: single pixels of the
// same grays take more than twice as long.
func TestPhotoIsShorterThanScatteredPixels(t *testing.T) {
	t.Parallel()
	picture := photo(1000, 1000)
	dots := mustFromGray(t, picture, page.Fine, page.Photo)
	scattered := mustPage(t, dots.Width, dots.Rows)
	chance := rand.New(rand.NewPCG(1, 1))
	for y := range scattered.Rows {
		for x := range scattered.Width {
			if chance.IntN(256) >= int(picture.GrayAt(x*1000/dots.Width, y*1000/dots.Rows).Y) {
				scattered.Blacken(y, x, x+1)
			}
		}
	}
	got, other := len(dots.Code().Data), len(scattered.Code().Data)
	if got*2 > other {
		t.Errorf("%d bytes, scattered %d", got, other)
	}
}

func FuzzFromGray(f *testing.F) {
	f.Add(uint16(40), uint16(50), uint8(0), []byte{0, 128, 255})
	f.Add(uint16(1), uint16(9), uint8(5), []byte{200, 30})
	f.Fuzz(func(t *testing.T, width, height uint16, how uint8, pixels []byte) {
		g := image.NewGray(image.Rect(0, 0, int(width%3000), int(height%500)))
		if len(pixels) > 0 {
			copy(g.Pix, bytes.Repeat(pixels, len(g.Pix)/len(pixels)))
		}
		p, err := page.FromGray(g, widths[how/6%3], allResolutions[how/2%3], page.Tone(how%2))
		if err != nil {
			if !errors.Is(err, page.ErrNotFax) && !errors.Is(err, page.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkFromGray(b *testing.B) {
	for name, picture := range map[string]*image.Gray{
		"same width":        letter(b, func(int) float64 { return 1 }),
		"A4 at 300 dpi":     photo(2480, 3508),
		"12 million pixels": photo(3000, 4000),
	} {
		for _, tone := range []page.Tone{page.Text, page.Photo} {
			b.Run(fmt.Sprintf("%s, %s", name, [...]string{"text", "photo"}[tone]), func(b *testing.B) {
				b.ReportAllocs()
				var p *page.Page
				for b.Loop() {
					p = mustFromGray(b, picture, page.Fine, tone)
				}
				b.ReportMetric(float64(len(p.Code().Data)), "coded-bytes")
			})
		}
	}
}
