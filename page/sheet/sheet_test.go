package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
)

var (
	tokyo  = time.FixedZone("JST", 9*3600)
	moment = time.Date(2026, 11, 23, 16, 5, 0, 0, tokyo)
)

// blank is a white fine A4 page.
func blank(t testing.TB) *page.Page {
	t.Helper()
	p, err := page.New(page.A4.Geometry(page.Fine))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// mustPage decodes page i.
func mustPage(t testing.TB, from page.Source, i int) *page.Page {
	t.Helper()
	coded, err := from.Coded(i)
	if err != nil {
		t.Fatal(err)
	}
	p, err := coded.Page()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inkBetween counts the black pixels of the rows from first up to last.
func inkBetween(p *page.Page, first, last int) int {
	part := page.Page{Geometry: p.Geometry}
	for y := first; y < last; y++ {
		part.Words = append(part.Words, p.Row(y)...)
	}
	return part.Ink()
}

func TestEveryLetterOfTheJapaneseStandardsIsThere(t *testing.T) {
	t.Parallel()
	ink := func(letter string) int {
		p := blank(t)
		sheet.NewPen(p).Write(50, 50, 20, letter)
		return p.Ink()
	}
	geta := ink("〓")
	for _, letter := range strings.Split("A g é ß Ω Я あ ゐ ヴ 漢 髙 﨑 彅 𠮟 ① ㈱ ～ ¥ € ー ｱ 々", " ") {
		if got := ink(letter); got == 0 || got == geta {
			t.Errorf("%s is not drawn", letter)
		}
	}
	if got := ink("😀"); got != geta {
		t.Errorf("an emoji has %d black pixels, want those of 〓, %d", got, geta)
	}
	if got := ink("\u200b\ufeff\t"); got != 0 {
		t.Errorf("what has no shape has %d black pixels", got)
	}
}

func TestLettersStandOnTheirLine(t *testing.T) {
	t.Parallel()
	for _, r := range []page.Resolution{page.Standard, page.Fine, page.Superfine} {
		p, err := page.New(page.A4.Geometry(r))
		if err != nil {
			t.Fatal(err)
		}
		pen := sheet.NewPen(p)
		pen.Write(40, 100, 72, "HH") // 72 points are 25.4 mm, of which a capital is 73 %
		width, height := p.Millimetres()
		down, across := float64(p.Rows)/height, float64(p.Width)/width
		if inkBetween(p, 0, int(81*down)) != 0 || inkBetween(p, int(100*down)+2, p.Rows) != 0 {
			t.Errorf("%v: letters stand elsewhere", r)
		}
		if inkBetween(p, int(82.5*down), int(99*down)) == 0 {
			t.Errorf("%v: no letters", r)
		}
		if p.Black(int(39*across), int(90*down)) || p.Black(int((40.5+pen.Width(72, "HH"))*across), int(90*down)) {
			t.Errorf("%v: letters are wider than they say", r)
		}
	}
}

// letter is a page with a bar from row first up to row last.
func letter(t testing.TB, first, last int) *page.Page {
	p := blank(t)
	for y := first; y < last; y++ {
		p.Blacken(y, 300, 1400)
	}
	return p
}

func TestHeaderHidesNothing(t *testing.T) {
	t.Parallel()
	header := page.Header{Time: moment, Name: "さくら医院", From: "+81 3-1234-5678", To: "+1 500-555-0001", Language: locale.Japanese}
	for _, tt := range []struct {
		name        string
		first, last int
		moved       int // rows by which the content moves
		longer      int
	}{
		{"room at the top", 100, 200, 0, 0},
		{"none at the top, some at the bottom", 0, 200, 39, 0},
		{"a little at the top", 30, 200, 9, 0},
		{"no room at all", 0, 2287, 39, 39},
		{"a white page", 0, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := letter(t, tt.first, tt.last)
			got := mustPage(t, sheet.Stamped(page.Document{before.Code()}, header), 0)
			if got.Rows != before.Rows+tt.longer {
				t.Fatalf("the page has %d rows, want %d", got.Rows, before.Rows+tt.longer)
			}
			for y := tt.first; y < tt.last; y++ {
				if !slices.Equal(got.Row(y+tt.moved), before.Row(y)) {
					t.Fatalf("row %d is not at %d", y, y+tt.moved)
				}
			}
			if inkBetween(got, 0, 38) < 500 {
				t.Error("there is no header line")
			}
		})
	}
}

// line is the header line of page 1 of a hundred.
func line(t testing.TB, on *page.Page, h page.Header) *page.Page {
	t.Helper()
	all := make(page.Document, 100)
	for i := range all {
		all[i] = on.Code()
	}
	return mustPage(t, sheet.Stamped(all, h), 0)
}

// Whatever the sender is called: date, numbers and pages are there whole, side by side
// within the margins, on every paper and in every resolution.
func TestHeaderHasRoomForWhatTheLawWants(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long name ", 40)
	headers := []page.Header{
		{Name: long, From: "+81 3-1234-5678", To: "+44 20 7946 0018 * 1234567890", Language: locale.English},
		{Name: strings.Repeat("医療法人社団さくら会", 20), From: "+81 3-1234-5678", To: "+1 500-555-0001 * 1234567890", Language: locale.Japanese},
	}
	for _, paper := range []page.Paper{page.A4, page.B4, page.Letter, page.Legal} {
		for _, r := range []page.Resolution{page.Standard, page.Fine, page.Superfine} {
			for _, h := range headers {
				h.Time = moment
				on, err := page.New(paper.Geometry(r))
				if err != nil {
					t.Fatal(err)
				}
				got := line(t, on, h)
				if got.Geometry != on.Geometry {
					t.Fatalf("the page becomes %v", got.Geometry)
				}
				wantInkWithin(t, got)
				for name, change := range map[string]func(*page.Header){
					"time": func(h *page.Header) { h.Time = h.Time.Add(time.Minute) },
					"from": func(h *page.Header) { h.From = h.From[:len(h.From)-1] + "1" },
					"to":   func(h *page.Header) { h.To = h.To[:len(h.To)-1] + "1" },
				} {
					other := h
					change(&other)
					if slices.Equal(line(t, on, other).Words, got.Words) {
						t.Errorf("%s, %s, %s: the %s is cut", paper, r, h.Language, name)
					}
				}
			}
		}
	}
}

// wantInkWithin checks that a page with nothing but a header line has it in the band at
// its top, and that the page number stands alone at its end.
func wantInkWithin(t *testing.T, p *page.Page) {
	t.Helper()
	width, height := p.Millimetres()
	pixels := func(mm float64) int { return int(mm * float64(p.Width) / width) }
	band := int(5 * float64(p.Rows) / height)
	if inkBetween(p, band, p.Rows) > 0 {
		t.Errorf("%v: there is ink below the band", p.Geometry)
	}
	inked := make([]bool, p.Width)
	for y := range band {
		for x := range p.Width {
			inked[x] = inked[x] || p.Black(x, y)
		}
	}
	if first := slices.Index(inked, true); first < pixels(5.5) {
		t.Errorf("%v: the line begins in column %d", p.Geometry, first)
	}
	last := p.Width - 1
	for gap := 0; last >= 0 && gap < pixels(3.5); last-- { // before the page number
		if gap++; inked[last] {
			gap = 0
		}
		if inked[last] && last > pixels(width-5.5) {
			t.Errorf("%v: the line ends in column %d", p.Geometry, last)
		}
	}
	for gap := 0; last > 0 && slices.Contains(inked[:last], true); last-- {
		if gap++; inked[last] {
			return
		}
		if gap > pixels(60) {
			break
		}
	}
	t.Errorf("%v: page number and names are not apart", p.Geometry)
}

func TestHeaderSaysWhichPage(t *testing.T) {
	t.Parallel()
	p := letter(t, 100, 200).Code()
	from := sheet.Stamped(page.Document{p, p}, page.Header{Time: moment, From: "+1"})
	if first, second := mustPage(t, from, 0), mustPage(t, from, 1); slices.Equal(first.Words, second.Words) {
		t.Error("the lines of two pages are the same")
	}
}

// A page that is not decoded to get its line is the same as one that is.
func TestHeaderIsTheSameOnEveryPage(t *testing.T) {
	t.Parallel()
	header := page.Header{Time: moment, Name: "さくら医院", From: "+81 3-1234-5678", To: "+15005550001", Language: locale.Japanese}
	roomy, full := letter(t, 100, 200), letter(t, 20, 200)
	one := mustPage(t, sheet.Stamped(page.Document{roomy.Code()}, header), 0)
	other := mustPage(t, sheet.Stamped(page.Document{full.Code()}, header), 0)
	if end := 38 * one.Width / 64; !slices.Equal(one.Words[:end], other.Words[:end]) {
		t.Error("the lines differ")
	}
}

func TestPageTooLongForAHeaderIsRefused(t *testing.T) {
	t.Parallel()
	p, err := page.New(page.Geometry{Width: page.WidthA4, Rows: page.MaxRows, Resolution: page.Superfine})
	if err != nil {
		t.Fatal(err)
	}
	p.Blacken(0, 0, 100)
	p.Blacken(p.Rows-1, 0, 100)
	_, err = sheet.Stamped(page.Document{p.Code()}, page.Header{Time: moment}).Coded(0)
	if r := new(page.Refusal); !errors.As(err, &r) || r.Status != page.FailedHeader {
		t.Errorf("Coded = %v, want a refusal with %s", err, page.FailedHeader)
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		pages      int
	}{
		{"nothing", "", 1},
		{"a line", "Hello\n", 1},
		{"a form feed", "one\ftwo\f", 2},
		{"a hundred lines", strings.Repeat("line\r\n", 100), 2},
		{"a long line", strings.Repeat("吾輩は猫である。", 1000), 4},
	} {
		if got := sheet.NewPlain(page.A4, page.Fine, tt.text).Pages(); got != tt.pages {
			t.Errorf("%s: %d pages, want %d", tt.name, got, tt.pages)
		}
	}
}

func TestPlainTextKeepsItsColumns(t *testing.T) {
	t.Parallel()
	p := mustPage(t, sheet.NewPlain(page.A4, page.Fine, "iiii\tI\nWWWW\tI\nアアアア    I\nｱｱｱｱ\tI"), 0)
	ends := map[int]int{} // the last black column of each line
	for y := range p.Rows {
		line := int((float64(y)/7.7 - 18) / 5)
		for x := range p.Width {
			if p.Black(x, y) && x > ends[line] {
				ends[line] = x
			}
		}
	}
	for line := 1; line < 4; line++ {
		if line == 2 {
			continue // four wide letters, four spaces: twelve columns
		}
		if ends[line] != ends[0] {
			t.Errorf("line %d ends in column %d, want %d", line, ends[line], ends[0])
		}
	}
	if ends[2] <= ends[0] {
		t.Errorf("wide letters end in column %d", ends[2])
	}
}

// everything is a cover page with all there can be on it.
func everything(l locale.Language) page.Cover {
	c := page.Cover{
		Date: moment, Language: l,
		To:      page.Party{Name: "Tanaka Trading Ltd", Phone: "+81 3 1234 5678", Fax: "+81 3 1234 5679"},
		From:    page.Party{Name: "Sakura Clinic", Phone: "+81 6 1111 2222", Fax: "+81 6 1111 2223"},
		Subject: "Quotation for eight pumps",
		Message: "Dear all,\n\nplease find the quotation enclosed.",
		Flags:   []page.Flag{page.Urgent, page.PleaseReply},
	}
	if l == locale.Japanese {
		c.To.Name, c.From.Name = "株式会社田中商事　営業部", "医療法人さくら会　さくら医院"
		c.Subject = "ポンプ８台のお見積りについて"
		c.Message = "いつもお世話になっております。\n先日ご依頼いただきました見積書をお送りいたしますので、ご査収のほどよろしくお願い申し上げます。"
	}
	return c
}

func TestCoverPageGrowsWithItsMessage(t *testing.T) {
	t.Parallel()
	for _, l := range locale.Languages() {
		c := everything(l)
		for _, paper := range []page.Paper{page.A4, page.B4, page.Letter, page.Legal} {
			got, err := sheet.Cover(paper, page.Fine, c, 3)
			if err != nil || len(got) != 1 || got[0].Geometry != paper.Geometry(page.Fine) {
				t.Errorf("%s, %s: %d pages, %v; want one", l, paper, len(got), err)
			}
		}
		c.Message = strings.Repeat("A line of the message.\n", 100)
		got, err := sheet.Cover(page.A4, page.Fine, c, 3)
		if err != nil || len(got) < 2 {
			t.Errorf("%s: %d pages, %v; want more for a long message", l, len(got), err)
		}
	}
}

func TestCoverPageCountsAllOfItself(t *testing.T) {
	t.Parallel()
	for _, l := range locale.Languages() {
		c := everything(l)
		c.To, c.From = page.Party{Name: "A"}, page.Party{Name: "B"} // so that the count is in the upper third
		short, err := sheet.Cover(page.A4, page.Fine, c, 5)
		if err != nil {
			t.Fatal(err)
		}
		c.Message = strings.Repeat("A line of the message.\n", 100)
		long, err := sheet.Cover(page.A4, page.Fine, c, 3)
		if err != nil || len(long) != 3 {
			t.Fatalf("%s: %d pages, %v; want 3", l, len(long), err)
		}
		// Both say that the fax has six pages.
		upper := len(short[0].Words) * 3 / 10
		if !slices.Equal(short[0].Words[:upper], long[0].Words[:upper]) {
			t.Errorf("%s: three cover pages before three are not counted as six", l)
		}
	}
}

func TestReportHasThePageWithAllItsPixels(t *testing.T) {
	t.Parallel()
	first := letter(t, 300, 900)
	for _, l := range locale.Languages() {
		var b bytes.Buffer
		if err := sheet.WriteReport(&b, report(l, first.Code())); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		file := filepath.Join(dir, "report.pdf")
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("pdfimages", "-all", file, filepath.Join(dir, "p")).CombinedOutput()
		if err != nil {
			t.Fatalf("pdfimages: %v: %s", err, out)
		}
		inset, err := os.ReadFile(filepath.Join(dir, "p-001.ccitt"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(inset, first.Code().Data) {
			t.Errorf("%s: the page in the report is another", l)
		}
		if info, err := exec.Command("pdfinfo", file).CombinedOutput(); err != nil || !strings.Contains(string(info), "Pages:           1") {
			t.Errorf("%s: pdfinfo: %v: %s", l, err, info)
		}
	}
}

func report(l locale.Language, first page.Coded) sheet.Report {
	return sheet.Report{
		Language: l, Verdict: map[locale.Language]string{"en": "All pages arrived.", "ja": "すべてのページが届きました。"}[l],
		Time: moment, From: "+81312345678", To: "+15005550001", Pages: 3, Confirmed: 3, Resolution: page.Fine,
		Duration: 87 * time.Second, Rate: 14400, ECM: true, StationID: "+15005550001", Attempts: 1,
		ID: "66df0c3a1b2c3d4e5f607182", First: first,
	}
}

// What is drawn is there to be looked at after go test -artifacts.
func TestEverySheetHasInk(t *testing.T) {
	t.Parallel()
	folder := t.ArtifactDir()
	show := func(name string, p *page.Page) {
		if p.Ink() == 0 {
			t.Errorf("%s is blank", name)
		}
		f, err := os.Create(filepath.Join(folder, name+".png"))
		if err == nil {
			err = page.WritePNG(f, p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range locale.Languages() {
		pages, err := sheet.Cover(page.A4, page.Fine, everything(l), 3)
		if err != nil {
			t.Fatal(err)
		}
		header := page.Header{Time: moment, Name: "さくら医院", From: "+81 3-1234-5678", To: "+1 500-555-0001", Language: l}
		show("cover-"+string(l), mustPage(t, sheet.Stamped(page.Document{pages[0].Code()}, header), 0))
		var b bytes.Buffer
		if err := sheet.WriteReport(&b, report(l, pages[0].Code())); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("report-%s.pdf", l)), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []page.Resolution{page.Standard, page.Fine, page.Superfine} {
		on, err := page.New(page.Letter.Geometry(r))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range locale.Languages() {
			show("header-"+r.String()+"-"+string(l), line(t, on, page.Header{
				Time: moment, Name: "Sakura Clinic さくら医院", From: "+81 3-1234-5678", To: "+1 500-555-0001", Language: l,
			}))
		}
	}
	show("plain", mustPage(t, sheet.NewPlain(page.A4, page.Fine, "拝啓　時下ますますご清栄のこととお喜び申し上げます。\n\n"+
		strings.Repeat("平素は格別のご高配を賜り、厚く御礼申し上げます。「ご査収ください」。", 4)+"\n\nname     qty\tprice\npump       8\t¥52,000\n"+
		strings.Repeat("The quick brown fox jumps over the lazy dog. ", 6)), 0))
}
