package sheet

import (
	"io"
	"time"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

// Report is what a confirmation report says of a fax. What is empty or zero is left out.
type Report struct {
	Language   locale.Language
	Paper      page.Paper
	Verdict    string    // a sentence in the language: what became of the fax
	Time       time.Time // when the last attempt began; shown in its own zone
	From, To   string
	Pages      int // of the fax
	Confirmed  int // that the receiver confirmed
	Resolution page.Resolution
	Duration   time.Duration // of the last call
	Rate       int           // bit/s
	ECM        bool
	StationID  string // as the other side named itself
	Attempts   int
	ID         string
	First      page.Coded // the first page; the zero value: no picture
}

// WriteReport writes the report as a PDF of one page: a table, and below it the first
// page of the fax, small.
func WriteReport(w io.Writer, r Report) error {
	on, err := page.New(r.Paper.Geometry(page.Superfine))
	if err != nil {
		return err
	}
	width, _ := on.Millimetres()
	d := &cover{pen: NewPen(on), left: coverSide, right: width - coverSide, y: coverTop}
	d.Language = r.Language
	d.report(r)
	if r.First.Width == 0 {
		return page.WritePDF(w, page.Document{on.Code()})
	}
	_, height := r.Paper.Millimetres()
	inset := page.Inset{Coded: r.First, Top: d.y + 2}
	w1, h1 := r.First.Millimetres()
	inset.Scale = min((d.right-d.left)/w1, (height-coverBottom-inset.Top)/h1, 1)
	inset.Left = (width - w1*inset.Scale) / 2
	const rim = 0.5
	d.pen.Box(inset.Left-rim, inset.Top-rim, inset.Left+w1*inset.Scale+rim, inset.Top+h1*inset.Scale+rim)
	return page.WriteInsetPDF(w, on.Code(), inset)
}

// report writes title, verdict and table.
func (d *cover) report(r Report) {
	d.y += titleSize * 0.8 * millimetresPerPoint
	d.pen.Write(d.left, d.y, titleSize*0.8, d.text("report.title", nil))
	d.rule()
	for _, line := range d.pen.wrap(proportional, nameSize, d.right-d.left, r.Verdict) {
		d.y += nameSize * millimetresPerPoint
		d.pen.Write(d.left, d.y, nameSize, line)
		d.y += 2
	}
	d.y += 2
	for _, row := range d.reportRows(r) {
		d.row(row[0], row[1], bodySize-1)
	}
	d.rule()
}

// reportRows is the table: labels and values.
func (d *cover) reportRows(r Report) [][2]string {
	pages := ""
	if r.Pages > 0 {
		pages = d.text("report.page_count", map[string]any{"confirmed": r.Confirmed, "pages": r.Pages})
	}
	number := func(id string, n int) string {
		if n == 0 {
			return ""
		}
		return d.text(id, map[string]any{"number": n})
	}
	duration := ""
	if r.Duration > 0 {
		seconds := int(r.Duration.Round(time.Second) / time.Second)
		duration = d.text("report.minutes", map[string]any{"minutes": seconds / 60, "seconds": seconds % 60})
	}
	correction := ""
	if r.Rate > 0 {
		correction = d.text("report.without_ecm", nil)
		if r.ECM {
			correction = d.text("report.with_ecm", nil)
		}
	}
	rows := [][2]string{
		{"report.time", locale.DateTime(r.Language, r.Time, r.Time.Location())},
		{"report.from", r.From},
		{"report.to", r.To},
		{"report.station", r.StationID},
		{"report.pages", pages},
		{"report.resolution", d.text("report.resolution."+r.Resolution.String(), nil)},
		{"report.duration", duration},
		{"report.rate", number("report.bits_per_second", r.Rate)},
		{"report.correction", correction},
		{"report.attempts", number("report.attempt_count", r.Attempts)},
		{"report.id", r.ID},
	}
	for i := range rows {
		rows[i][0] = d.text(rows[i][0], nil)
	}
	return rows
}
