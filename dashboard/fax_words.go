package dashboard

import (
	"strconv"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// badge is a state in a word, with a tone that does not depend on colour alone.
type badge struct {
	Text string
	Tone string // good, warn, danger; empty: neutral
}

// faxBadge is how a fax ended.
func (v *visit) faxBadge(f fax.Fax) badge {
	direction := string(f.Direction)
	switch f.Status {
	case fax.Success:
		return badge{v.t("fax_whole."+direction, nil), "good"}
	case fax.PartiallySent, fax.PartiallyReceived:
		return badge{v.t("fax_partial."+direction, nil), "warn"}
	}
	return badge{v.t("fax_end.failed", nil), "danger"}
}

// jobBadge is where a fax stands that is not over.
func (v *visit) jobBadge(j fax.Job) badge {
	b := badge{Text: v.t("outbox_status."+string(j.Status), nil)}
	if j.Status == fax.Sending {
		b.Tone = "good"
	}
	return b
}

// party is the other end of a fax.
func (v *visit) party(f fax.Fax) string {
	if f.Direction == fax.Incoming {
		return v.number(f.From)
	}
	return v.number(f.To)
}

// attemptRow is one call as the list shows it.
type attemptRow struct {
	At        moment
	Duration  string // empty: nobody answered
	Transport string // empty: there was no call
	Rate      string // empty: none was agreed
	ECM       string
	Pages     int
	BadRows   int
	T30       string // code and name; empty: T.30 did not begin
	SIP       int    // zero: none
	StationID string
	Extension string // dialled after the answer; empty: none
	Verdict   string
	Simulated bool
}

func (v *visit) attempts(all []fax.Attempt) []attemptRow {
	var rows []attemptRow
	for _, a := range all {
		row := attemptRow{
			At: v.moment(a.StartedAt), Pages: a.Pages, BadRows: a.BadRows, SIP: a.SIP, StationID: a.StationID, Extension: a.Extension,
			Verdict: v.verdict(a.Outcome), Simulated: a.Simulated, Transport: transports[a.Transport],
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
		rows = append(rows, row)
	}
	return rows
}

// transports are the names of what carries a call, by those of the record.
var transports = map[string]string{"t38": "T.38", "pcmu": "G.711 µ-law", "pcma": "G.711 A-law"}

// verdict says in a sentence how a call ended.
func (v *visit) verdict(outcome string) string {
	if id := "verdict." + outcome; locale.Has(locale.English, id) {
		return v.t(id, nil)
	}
	return v.t("fax_status.failed", nil)
}

// seconds is the length of a call, which people compare to the second.
func (v *visit) seconds(d time.Duration) string {
	return v.t("attempt.seconds", map[string]any{"count": int(d.Round(time.Second) / time.Second)})
}
