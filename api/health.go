package api

import (
	"context"
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

// Health is what the server can say of itself.
type Health struct {
	// Ready asks the database. An error means: send no requests here.
	Ready func(ctx context.Context) error
	// Metrics writes the metrics in Prometheus' text format. Nil: there are none.
	Metrics http.Handler
	// MetricsToken opens /metrics to others than this machine. Empty: to nobody.
	MetricsToken string
	// Simulated says that there is no T.30 engine, and the test line only copies pages.
	Simulated bool
	// Trunks counts the trunks that calls can be made over, and those that they cannot. Nil:
	// no faxes are sent here.
	Trunks func() (up, down int)
}

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	return nil
}

// readyz says that requests can be served.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.Health.Ready(ctx); err != nil {
		return fault.New(fault.Unavailable, "not_ready").Because(err)
	}
	answer := map[string]any{"status": "ready", "simulated": s.Health.Simulated}
	if s.Health.Trunks != nil { // one that is down is no reason to send no requests here
		up, down := s.Health.Trunks()
		answer["trunks"] = map[string]int{"up": up, "down": down}
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// metrics answers this machine, or whoever has the token for it.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	if s.Health.Metrics == nil {
		return fault.New(fault.NotFound, "path_unknown")
	}
	if s.Health.MetricsToken == "" {
		if !web.FromLoopback(r) {
			return fault.New(fault.Forbidden, "metrics_loopback_only")
		}
	} else {
		text, err := bearer(r.Header)
		if err != nil || subtle.ConstantTimeCompare([]byte(text), []byte(s.Health.MetricsToken)) != 1 {
			return fault.New(fault.Unauthenticated, "metrics_token")
		}
	}
	s.Health.Metrics.ServeHTTP(w, r)
	return nil
}
