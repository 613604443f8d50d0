package dashboard_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// busySessions is a database that another process holds: it reads, and cannot write.
type busySessions struct{ auth.SessionStore }

func (busySessions) TouchSession(context.Context, auth.Session, time.Time) error {
	return fault.New(fault.Unavailable, "busy").After(time.Second)
}

func TestABusyDatabaseSignsNobodyOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	s.Sessions.Store = busySessions{s.db}
	s.clock.Advance(2 * time.Minute) // more than the time for which a session counts as seen
	if p := b.get(t, "/profile"); p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" {
		t.Errorf("status %d, Location %q, Retry-After %q; want 503 with Retry-After", p.status, p.header.Get("Location"), p.header.Get("Retry-After"))
	}
	s.Sessions.Store = s.db
	b.get(t, "/profile").want(t, http.StatusOK)
}
