package dashboard

import (
	"time"

	"github.com/faxgate/faxgate/fax"
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

// seconds is the length of a call, which people compare to the second.
func (v *visit) seconds(d time.Duration) string {
	return v.t("attempt.seconds", map[string]any{"count": int(d.Round(time.Second) / time.Second)})
}
