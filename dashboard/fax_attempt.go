package dashboard

import (
	"context"
	"io"
	"strconv"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// attemptRow is one call as the list shows it.
type attemptRow struct {
	Number    string // "Attempt 2 of 3"; empty: it is the only one
	At        moment
	Duration  string // empty: nobody answered
	Verdict   string
	Side      string // where the cause is; empty: nothing is wrong
	Again     badge  // whether another try is worth it; no text: nothing is left to be sent
	Why       string // and why; empty: there is nothing to say
	Transport string // empty: there was no call
	Switch    string // what became of the wish to use T.38; empty: nobody asked
	Rate      string // empty: none was agreed
	ECM       string
	Retrains  int
	Packets   string // what became of them; empty: there were none
	Pages     int
	BadRows   int
	Sheets    []sheetRow
	Received  bool   // by us, so that damage to the pages is known
	T30       string // code and name; empty: T.30 did not begin
	SIP       int    // zero: none
	StationID string
	Extension string // dialled after the answer; empty: none
	Simulated bool
	Ladder    *ladder // nil: nothing is recorded
	Over      bool    // what was recorded has been deleted
	Capture   link    // the packets; no path: there are none, or not for this person
	CaptureID string  // of the words about it
}

// sheetRow is a confirmed page as it was on the line.
type sheetRow struct {
	Number, Rows, BadRows, LongestBad, Retries int
	Size                                       string
}

// calls are the attempts of a fax, or of a job, with what was recorded of them.
type calls struct {
	attempts  []fax.Attempt
	traces    map[string]fax.Trace
	direction fax.Direction
	path      string // of the fax
}

// callsOf reads what was recorded of the calls for a fax that the person may see.
func (s *Server) callsOf(ctx context.Context, m mailbox, id string, attempts []fax.Attempt, d fax.Direction) (calls, error) {
	traces, err := s.Traces.Of(ctx, m.OrganizationID, id)
	return calls{attempts, traces, d, m.fax(id)}, err
}

func (v *visit) attempts(c calls) (rows []attemptRow) {
	for i, a := range c.attempts {
		row := v.attempt(a, c.direction)
		if n := len(c.attempts); n > 1 {
			row.Number = v.t("attempt.number", map[string]any{"n": i + 1, "all": n})
		}
		t, found := c.traces[a.ID]
		row.Ladder = v.ladder(i+1, a, t)
		if row.Ladder != nil {
			row.Ladder.Open = row.Side != ""
		}
		row.Over = !found && v.now.Sub(a.StartedAt) > fax.TraceAge
		if t.Blob != "" && v.caller != nil && v.caller.Administers() {
			row.Capture = link{Path: c.path + "/attempts/" + strconv.Itoa(i+1) + "/capture", Text: v.t("attempt.capture", map[string]any{"size": v.bytes(t.Size)})}
			row.CaptureID = "capture-" + strconv.Itoa(i+1)
		}
		rows = append(rows, row)
	}
	return rows
}

// attempt are the facts of a call, and the verdict on it.
func (v *visit) attempt(a fax.Attempt, d fax.Direction) attemptRow {
	row := attemptRow{
		At: v.moment(a.StartedAt), Pages: a.Pages, BadRows: a.BadRows, SIP: a.SIP, StationID: a.StationID, Extension: a.Extension,
		Simulated: a.Simulated, Transport: transports[a.Transport], Retrains: a.Retrains, Packets: v.packets(a), Sheets: v.sheets(a),
		Received: d == fax.Incoming,
	}
	row.judge(v, fax.VerdictOf(a, d))
	if a.T38 != "" {
		row.Switch = v.t("attempt_t38."+a.T38, nil)
	}
	if row.Transport != "" {
		row.T30 = strconv.Itoa(a.T30) + " " + a.T30Name
		row.Duration = v.seconds(a.Duration)
	}
	if a.Rate > 0 {
		row.Rate = locale.Number(int64(a.Rate)) + " bit/s"
		row.ECM = v.t("attempt.ecm_off", nil)
		if a.ECM {
			row.ECM = v.t("attempt.ecm_on", nil)
		}
	}
	return row
}

// judge fills in the verdict. Where all is well there is nothing to explain.
func (row *attemptRow) judge(v *visit, x fax.Verdict) {
	row.Verdict = x.Sentence(v.language)
	if x.Side == fax.Nobody && x.Again == fax.AgainNone {
		return
	}
	row.Why = x.Why(v.language)
	row.Side = v.t("verdict_side."+string(x.Side), nil)
	tones := map[fax.Again]string{fax.AgainNow: "good", fax.AgainLater: "warn", fax.AgainNot: "danger"}
	row.Again = badge{v.t("verdict_again."+string(x.Again), nil), tones[x.Again]}
}

// transports are the names of what carries a call, by those of the record.
var transports = map[string]string{"t38": "T.38", "pcmu": "G.711 µ-law", "pcma": "G.711 A-law"}

// packets says what became of the packets of a call.
func (v *visit) packets(a fax.Attempt) string {
	x := a.Traffic
	if x.Sent+x.Received == 0 {
		return ""
	}
	return v.t("attempt.packets_text", map[string]any{
		"sent": x.Sent, "received": x.Received, "lost": x.Lost, "recovered": x.Recovered, "late": x.Late,
		"jitter": x.Jitter.Milliseconds(),
	})
}

// sheets are the pages as they were on the line, where it is known.
func (v *visit) sheets(a fax.Attempt) (rows []sheetRow) {
	for i, p := range a.PageFacts {
		if p.Length > 0 {
			rows = append(rows, sheetRow{i + 1, p.Length, p.BadRows, p.LongestBad, p.Retries, v.bytes(int64(p.Octets))})
		}
	}
	return rows
}

// faxCapture answers with the packets of an attempt, without what can be seen of pages,
// for administrators alone.
func (s *Server) faxCapture(v *visit, m mailbox) error {
	ctx, id := v.r.Context(), v.r.PathValue("id")
	if err := s.mayBeSeen(ctx, m, id); err != nil {
		return err
	}
	n, err := strconv.Atoi(v.r.PathValue("n"))
	if err != nil || n < 1 {
		return fault.New(fault.NotFound, "page_unknown")
	}
	capture, err := s.Traces.Capture(ctx, m.OrganizationID, id, n)
	if err != nil {
		return err
	}
	defer capture.Close()
	if err := s.Organizations.TakeCapture(ctx, *v.caller, id, n, false); err != nil {
		return err
	}
	name := "fax-" + id + "-" + strconv.Itoa(n) + ".pcapng"
	return v.file("application/x-pcapng", "attachment; filename="+name, func(w io.Writer) error { return capture.WriteWithoutPages(w) })
}

// mayBeSeen refuses a fax, or one on its way, that is not in the mailbox.
func (s *Server) mayBeSeen(ctx context.Context, m mailbox, id string) error {
	_, err := s.Faxes.Fax(ctx, m.Actor, id)
	if fault.HasCode(err, "fax_unknown") {
		_, err = s.Outbox.Job(ctx, m.Actor, id)
	}
	return err
}
