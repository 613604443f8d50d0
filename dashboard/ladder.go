package dashboard

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fax"
)

// ladder is what was recorded of a call, as a picture and as the table of the same steps.
// Time runs down; on the left is this server, on the right the other end.
type ladder struct {
	ID       string // begins the ids of its elements
	Open     bool   // it is seen at once
	Title    string
	Height   int
	Rungs    []rung
	Rows     []ladderRow
	Missing  string // says how many steps were not kept; empty: none
	Until    moment // when it is deleted
	Us, Them string
	Bottom   int // of the lifelines
	measures
}

// measures are those of every ladder, in units of which its text has 12.
type measures struct {
	Width       int
	Left, Right int // where the two lifelines stand
	Span        int // between them
	Middle      int
	TimeX       int // where times end
	NameX       int // where the words of arrows begin
	TagX        int // where layers are named
}

var ladderMeasures = measures{
	Width: 760, Left: ladderLeft, Right: ladderRight, Span: ladderRight - ladderLeft, Middle: (ladderLeft + ladderRight) / 2,
	TimeX: ladderLeft - 10, NameX: ladderLeft + 20, TagX: ladderRight + 12,
}

const (
	ladderLeft   = 72
	ladderRight  = 692
	ladderTop    = 46 // the first rung
	ladderStep   = 30
	ladderMargin = 18 // below the last
	arrowHead    = 9
	rungLetters  = 78 // for which there is room between the lifelines
	// drawnRungs is how many steps are drawn of the beginning, and of the end. The table
	// has them all.
	drawnRungs = 30
)

// rung is a step in the picture: an arrow, a band across both lifelines (Media), or the
// place of steps that are left out (Gap).
type rung struct {
	Y              int // of the arrow
	WordsY         int // above it
	BandY, InBandY int // of the band, and of the words in it
	BesideY        int // of what stands beside the lifelines
	Time           string
	Layer          string // sip, t30 or media; empty: a gap
	Tag            string // the layer's name
	Name, Detail   string
	From, To       int    // the arrow
	Head           string // its head, a path
}

// ladderRow is a step in the table.
type ladderRow struct {
	Time, Direction, Layer, Name, Detail string
}

// ladder draws what was recorded of attempt n. Nil: nothing was.
func (v *visit) ladder(n int, a fax.Attempt, t fax.Trace) *ladder {
	if len(t.Events) == 0 {
		return nil
	}
	x := &ladder{
		ID: "ladder-" + strconv.Itoa(n), Title: v.t("ladder.title", map[string]any{"count": len(t.Events)}), Until: v.moment(t.KeptUntil()),
		Us: v.t("ladder.us", nil), Them: v.t("ladder.them", nil), measures: ladderMeasures,
	}
	if a.Trunk != "" {
		x.Them = v.t("ladder.them_trunk", nil)
	}
	if t.Missing > 0 {
		x.Missing = v.t("ladder.missing", map[string]any{"count": t.Missing})
	}
	for i, e := range t.Events {
		row := v.ladderRow(e.At, string(e.Layer), e.Sent, e.Name, e.Detail)
		x.Rows = append(x.Rows, row)
		switch hidden := len(t.Events) - 2*drawnRungs; {
		case hidden <= 1 || i < drawnRungs || i >= drawnRungs+hidden:
			x.add(string(e.Layer), row, e.Sent)
		case i == drawnRungs:
			x.add("", ladderRow{Name: v.t("ladder.gap", map[string]any{"count": hidden})}, false)
		}
	}
	x.Bottom = ladderTop + (len(x.Rungs)-1)*ladderStep + ladderMargin
	x.Height = x.Bottom + 4
	return x
}

func (v *visit) ladderRow(at time.Duration, layer string, sent bool, name, detail string) ladderRow {
	direction := "ladder.received"
	if sent {
		direction = "ladder.sent"
	}
	if layer == "media" {
		if known := transports[name]; known != "" {
			name = known
		}
	}
	return ladderRow{fmt.Sprintf("%.2f", at.Seconds()), v.t(direction, nil), v.t("ladder_layer."+layer, nil), name, detail}
}

// add draws a step below the others.
func (x *ladder) add(layer string, row ladderRow, sent bool) {
	y := ladderTop + len(x.Rungs)*ladderStep
	r := rung{
		Y: y, WordsY: y - 6, BandY: y - 19, InBandY: y - 4, BesideY: y + 4, Time: row.Time, Layer: layer, Tag: row.Layer, Name: row.Name,
		Detail: shortened(row.Detail, row.Name), From: ladderRight, To: ladderLeft + 2, Head: head(ladderLeft+2, y, 1),
	}
	if sent {
		r.From, r.To, r.Head = ladderLeft, ladderRight-2, head(ladderRight-2, y, -1)
	}
	x.Rungs = append(x.Rungs, r)
}

// head is an arrow's head whose point is at x; away is the direction in which it widens.
func head(x, y, away int) string {
	return fmt.Sprintf("M%d %dl%d -5v10z", x, y, away*arrowHead)
}

// shortened is the part of a detail for which there is room beside the name.
func shortened(detail, name string) string {
	room := rungLetters - utf8.RuneCountInString(name)
	if utf8.RuneCountInString(detail) <= room {
		return detail
	}
	runes := []rune(detail)
	return string(runes[:max(room-1, 0)]) + "…"
}
