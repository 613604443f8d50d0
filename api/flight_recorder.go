package api

import (
	"net/http"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// recorded is what the answer about one fax says of its attempts besides the facts.
type recorded struct {
	direction fax.Direction
	traces    map[string]fax.Trace // by attempt
	language  locale.Language      // of the verdicts
}

// recordedOf reads what was recorded of the calls for a fax or a job, which the caller may
// see.
func (s *Server) recordedOf(w http.ResponseWriter, r *http.Request, organizationID, id string, d fax.Direction) (*recorded, error) {
	traces, err := s.Traces.Of(r.Context(), organizationID, id)
	w.Header().Add("Vary", "Accept-Language")
	return &recorded{d, traces, locale.Match("", r.Header.Get("Accept-Language"))}, err
}

// flightRecorder writes what was recorded of an attempt: how it is judged always, and the
// ladder as long as it is kept.
func (e *encoder) flightRecorder(a fax.Attempt, r *recorded) {
	e.open("flight_recorder")
	e.verdict(fax.VerdictOf(a, r.direction), r.language)
	e.text("t38", a.T38)
	e.number("retrains", a.Retrains)
	e.traffic(a)
	e.pageFacts(a)
	t := r.traces[a.ID]
	e.ladder(t)
	e.number("missing", t.Missing)
	e.time("kept_until", t.KeptUntil())
	e.close()
}

func (e *encoder) verdict(v fax.Verdict, l locale.Language) {
	e.open("verdict")
	e.text("code", v.Code)
	e.text("text", v.Sentence(l))
	e.text("side", string(v.Side))
	e.text("again", string(v.Again))
	e.text("why", v.Why(l))
	e.close()
}

func (e *encoder) traffic(a fax.Attempt) {
	e.open("traffic")
	e.number("sent", a.Traffic.Sent)
	e.number("received", a.Traffic.Received)
	e.number("lost", a.Traffic.Lost)
	e.number("recovered", a.Traffic.Recovered)
	e.number("late", a.Traffic.Late)
	e.number("jitter_ms", int(a.Traffic.Jitter.Milliseconds()))
	e.close()
}

func (e *encoder) pageFacts(a fax.Attempt) {
	e.openList("pages")
	for _, p := range a.PageFacts {
		e.open("")
		e.number("width", p.Width)
		e.number("rows", p.Length)
		e.number("bad_rows", p.BadRows)
		e.number("longest_bad", p.LongestBad)
		e.number("size", p.Octets)
		e.number("retries", p.Retries)
		e.close()
	}
	e.closeList()
}

func (e *encoder) ladder(t fax.Trace) {
	e.openList("events")
	for _, x := range t.Events {
		e.open("")
		e.number("at_ms", int(x.At.Milliseconds()))
		e.text("layer", string(x.Layer))
		e.flag("sent", x.Sent)
		e.text("name", x.Name)
		e.text("detail", x.Detail)
		e.close()
	}
	e.closeList()
}
