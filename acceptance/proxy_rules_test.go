package acceptance_test

import (
	"net/http"
	"testing"
)

// Where no proxy is configured, nobody's forwarded headers count: neither for the log
// nor for the throttle, which somebody would otherwise get round.
func TestRFC9700_4_13_ForwardedHeadersOfStrangersAreIgnored(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	for _, header := range []string{"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "X-Real-Ip: 192.0.2.1", "True-Client-Ip: 192.0.2.1", "Cf-Connecting-Ip: 192.0.2.1"} {
		r := s.Call(t, http.MethodGet, "/healthz", "", header)
		if got := s.logged(t, "the request", of(r)).Address; got != "127.0.0.1" {
			t.Errorf("with %q the log says %s, want 127.0.0.1", header, got)
		}
	}
	s.failUntilThrottled(t, 10, func(i int) Reply {
		return s.try(t, s.Owner.Email, "wrong password 123", from("192.0.2."+string(rune('0'+i%10))))
	})
}

// A configured proxy is believed, as far as it speaks of others: of a chain the
// nearest hop counts that is not a proxy itself.
func TestRFC9700_4_13_ForwardedHeadersOfProxiesCount(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{Env: []string{"FAXGATE_TRUSTED_PROXIES=127.0.0.0/8, 10.0.0.7"}})
	for header, want := range map[string]string{
		"X-Forwarded-For: 192.0.2.1":                         "192.0.2.1",
		"X-Forwarded-For: 203.0.113.9, 192.0.2.1":            "192.0.2.1", // the first one is what a stranger wrote
		"X-Forwarded-For: 192.0.2.1, 10.0.0.7":               "192.0.2.1",
		"X-Forwarded-For: 203.0.113.9, 192.0.2.1, 127.0.0.1": "192.0.2.1",
		"X-Forwarded-For: 192.0.2.1, 10.0.0.8":               "10.0.0.8", // a neighbour of the proxy is none
		"X-Forwarded-For: 2001:db8::1":                       "2001:db8::1",
		"X-Forwarded-For: ::ffff:192.0.2.1":                  "192.0.2.1",
		"X-Forwarded-For: nonsense":                          "127.0.0.1",
		"X-Forwarded-For: 192.0.2.1, nonsense":               "127.0.0.1",
		"X-Forwarded-For: <script>":                          "127.0.0.1",
		"X-Nothing: x":                                       "127.0.0.1",
	} {
		r := s.Call(t, http.MethodGet, "/healthz", "", header)
		if got := s.logged(t, "the request", of(r)).Address; got != want {
			t.Errorf("with %q the log says %s, want %s", header, got, want)
		}
	}
	twice := s.Call(t, http.MethodGet, "/healthz", "", from("203.0.113.9"), from("192.0.2.1"))
	if got := s.logged(t, "the request", of(twice)).Address; got != "192.0.2.1" {
		t.Errorf("with two headers the log says %s, want that of the last", got)
	}
}

// The metrics are for this machine. What a proxy passes on comes from elsewhere.
func TestRFC9700_4_13_MetricsAreNotForwarded(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	wantStatus(t, s.Call(t, http.MethodGet, "/metrics", ""), http.StatusOK)
	for _, header := range []string{from("127.0.0.1"), "Forwarded: for=127.0.0.1"} {
		wantStatus(t, s.Call(t, http.MethodGet, "/metrics", "", header), http.StatusForbidden)
	}
}
