package api

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// Quota bounds calls per minute. The zero value bounds nothing.
type Quota struct {
	Limit int            // calls a minute; zero: no limit
	Count *auth.Throttle // the sliding window; needed with a limit
	Name  string         // in RateLimit-Policy
}

// spend counts one call, or refuses it. The headers are those of the IETF draft
// on RateLimit header fields.
func (q Quota) spend(w http.ResponseWriter, key string) error {
	if q.Limit == 0 {
		return nil
	}
	key = q.Name + " " + key
	wait := q.Count.Try(auth.Limit{Key: key, Most: q.Limit})
	h := w.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf(`%q;q=%d;w=60`, q.Name, q.Limit))
	if wait > 0 {
		h.Set("RateLimit", fmt.Sprintf(`%q;r=0;t=%d`, q.Name, int(wait.Seconds())+1))
		return fault.New(fault.Throttled, "quota_used_up", "limit", strconv.Itoa(q.Limit)).After(wait)
	}
	h.Set("RateLimit", fmt.Sprintf(`%q;r=%d;t=60`, q.Name, q.Count.Left(key, q.Limit)))
	return nil
}
