package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/api"
	"github.com/faxgate/faxgate/auth"
)

const preflight = "Access-Control-Request-Method"

func TestPagesOfPublicClientsMayCall(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		g.register(t, publicApp())
		token := g.token(t, g.member, auth.UserRead)
		const origin = "https://page.example"
		a := g.call(t, "OPTIONS", "/v3/accounts/self", nil, "Origin", origin, preflight, "GET", "Access-Control-Request-Headers", "authorization, x-fax-clientid")
		if a.StatusCode != http.StatusNoContent {
			t.Errorf("the preflight is answered %d", a.StatusCode)
		}
		a.has("Access-Control-Allow-Origin", origin).has("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE").has("Vary", "Origin")
		a.has("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Fax-Clientid, Idempotency-Key").has("Access-Control-Allow-Credentials", "")
		for _, path := range []string{"/token", "/oauth/token"} {
			g.call(t, "OPTIONS", path, nil, "Origin", origin, preflight, "POST").has("Access-Control-Allow-Origin", origin)
			g.post(t, path, "", "Origin", origin).is(400, "invalid_request").has("Access-Control-Allow-Origin", origin)
		}
		g.call(t, "GET", "/v3/accounts/self", nil, "Origin", origin, "Authorization", "Bearer "+token).is(200, "").has("Access-Control-Allow-Origin", origin)
		a = g.call(t, "GET", "/v3/accounts/self", nil, "Origin", origin).is(401, "token_missing").has("Access-Control-Allow-Origin", origin)
		a.has("Vary", "Origin").has("Access-Control-Allow-Credentials", "")
	})
}

func TestNoOtherPageMayCall(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		g.register(t, publicApp())
		g.register(t, confidential())
		token := g.token(t, g.member, auth.UserRead)
		for _, origin := range []string{
			"https://evil.example", "https://app.example", "http://page.example", "https://page.example.evil.example", "https://page.example:8443",
			"https://PAGE.example", "null", "https://page.exampl", "com.example.app:", "https:", "*", "https://page.example/cb?x",
		} {
			for _, path := range []string{"/v3/accounts/self", "/token", "/v3/nothing"} {
				a := g.call(t, "OPTIONS", path, nil, "Origin", origin, preflight, "GET")
				if a.StatusCode < 400 {
					t.Errorf("%s: the preflight of %s is answered %d", origin, path, a.StatusCode)
				}
				a.has("Access-Control-Allow-Origin", "")
			}
			g.call(t, "GET", "/v3/accounts/self", nil, "Origin", origin, "Authorization", "Bearer "+token).is(200, "").
				has("Access-Control-Allow-Origin", "").has("Vary", "Origin")
		}
	})
}

func TestAPageIsHeardOfAsSoonAsItsClientIs(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		const origin = "https://page.example"
		allowed := func(want string) {
			t.Helper()
			g.call(t, "GET", "/v3/accounts/self", nil, "Origin", origin).has("Access-Control-Allow-Origin", want)
		}
		allowed("")
		client, _ := g.register(t, publicApp())
		allowed(origin)
		if err := g.api.Clients.Delete(t.Context(), auth.Operator(g.org), client.ID); err != nil {
			t.Fatal(err)
		}
		allowed("")
	})
}

func TestRoutesOfNoPageHaveNoCORS(t *testing.T) {
	g := sqlite(t)
	g.register(t, publicApp())
	for _, path := range []string{"/oauth/revoke", "/oauth/introspect"} {
		g.post(t, path, "", "Origin", "https://page.example").is(401, "invalid_client").has("Access-Control-Allow-Origin", "")
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		g.call(t, "GET", path, nil, "Origin", "https://page.example").has("Access-Control-Allow-Origin", "")
	}
}

// minute is a quota on the gate's clock.
func (g *gate) minute(name string, limit int) api.Quota {
	return api.Quota{Limit: limit, Name: name, Count: auth.NewThrottle(time.Minute, g.clock.Now, nil)}
}

func TestQuotasAreOffUntilSet(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.UserRead)
	for range 200 {
		g.get(t, token, "/v3/accounts/self").is(200, "").has("Ratelimit", "").has("Ratelimit-Policy", "")
	}
}

func TestACallQuotaCountsByToken(t *testing.T) {
	g := sqlite(t)
	g.api.CallQuota = g.minute("api", 3)
	token, other := g.token(t, g.member, auth.UserRead), g.token(t, g.member, auth.UserRead)
	for left := 2; left >= 0; left-- {
		g.get(t, token, "/v3/accounts/self").is(200, "").
			has("Ratelimit", `"api";r=`+strconv.Itoa(left)+`;t=60`).has("Ratelimit-Policy", `"api";q=3;w=60`)
	}
	a := g.get(t, token, "/v3/accounts/self").is(429, "quota_used_up").has("Ratelimit-Policy", `"api";q=3;w=60`)
	wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 120 {
		t.Fatalf("Retry-After is %q", a.Header.Get("Retry-After"))
	}
	a.has("Ratelimit", `"api";r=0;t=`+strconv.Itoa(wait))
	g.get(t, other, "/v3/accounts/self").is(200, "")
	g.get(t, "x", "/v3/accounts/self").is(401, "invalid_token") // what is not a token is not a call
	g.clock.Advance(time.Duration(wait) * time.Second)
	g.get(t, token, "/v3/accounts/self").is(200, "")
}

func TestATokenQuotaCountsByAddress(t *testing.T) {
	g := sqlite(t)
	g.api.TokenQuota = g.minute("token", 2)
	for range 2 {
		g.post(t, "/token", "").is(400, "invalid_request")
	}
	a := g.post(t, "/token", "").is(429, "temporarily_unavailable")
	if a.Header.Get("Retry-After") == "" {
		t.Error("it does not say how long to wait")
	}
	g.post(t, "/oauth/token", "").is(429, "temporarily_unavailable") // the alias is the same door
	for n, want := range []int{400, 400, 429} {
		r := httptest.NewRequest(http.MethodPost, "/token", nil)
		r.RemoteAddr = fmt.Sprintf("[2001:db8:1:2::%x]:443", n)
		w := httptest.NewRecorder()
		g.Config.Handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("call %d of an IPv6 network: %d, want %d", n+1, w.Code, want)
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		g.call(t, "GET", "/healthz", nil).is(200, "")
		g.call(t, "GET", "/readyz", nil).is(200, "")
		g.api.Health.Ready = func(context.Context) error { return errors.New("the disk is gone") }
		g.call(t, "GET", "/healthz", nil).is(200, "")
		a := g.call(t, "GET", "/readyz", nil).is(503, "not_ready")
		if log := g.log.String(); !strings.Contains(log, "the disk is gone") || strings.Contains(string(a.body), "disk") {
			t.Errorf("the answer is %s", a.body)
		}
	})
}

func TestMetricsAreForThisMachineOrForATokenHolder(t *testing.T) {
	g := sqlite(t)
	g.call(t, "GET", "/metrics", nil).is(404, "path_unknown")
	g.api.Health.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write([]byte("up 1\n"))
	})
	if a := g.call(t, "GET", "/metrics", nil); a.StatusCode != http.StatusOK || string(a.body) != "up 1\n" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	g.call(t, "GET", "/metrics", nil, "X-Forwarded-For", "127.0.0.1").is(403, "metrics_loopback_only")
	if status := g.from("192.0.2.1:1", ""); status != 403 {
		t.Errorf("from elsewhere: %d", status)
	}

	g.api.Health.MetricsToken = "a-token-of-the-operator"
	for authorization, want := range map[string]int{
		"": 401, "Bearer x": 401, "Bearer a-token-of-the-operator": 200, "Basic a-token-of-the-operator": 401, "Bearer a-token-of-the-operato": 401,
	} {
		for _, address := range []string{"192.0.2.1:1", "127.0.0.1:1"} {
			if status := g.from(address, authorization); status != want {
				t.Errorf("%s from %s: %d, want %d", authorization, address, status, want)
			}
		}
	}
	g.call(t, "GET", "/metrics", nil).is(401, "invalid_token")
}

// from asks for the metrics from another address.
func (g *gate) from(address, authorization string) int {
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.RemoteAddr = address
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	g.Config.Handler.ServeHTTP(w, r)
	return w.Code
}
