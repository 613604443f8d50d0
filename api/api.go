// Package api is the front for programs: JSON over HTTP. It holds the
// authorization policy as one table of routes, the bearer check at its door, the
// back channel of OAuth 2.0, and the resources of the fax account. openapi.yaml
// describes all of it; a test holds the table and the answers against it.
package api

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/web"
)

// Server serves everything that programs call.
type Server struct {
	Check     *auth.Check
	Accounts  *auth.Accounts
	Tokens    *oauth.Tokens
	Clients   *oauth.Clients
	PublicURL string // the issuer; without a slash at the end
	Now       func() time.Time
	Log       *slog.Logger
	Health    Health
	// TokenQuota bounds calls of /token by address, CallQuota calls of the API by
	// token, per minute. The zero value bounds nothing.
	TokenQuota, CallQuota Quota

	refusals sync.Map // of *refusal by refusalKey
}

// route is one line of the policy: what a call needs, and who answers it.
type route struct {
	auth.Route
	serve handler
}

// handler answers a call of a known caller.
type handler func(w http.ResponseWriter, r *http.Request, c auth.Caller) error

// routes is the authorization policy of the API.
func (s *Server) routes() []route {
	return []route{
		{auth.Route{Pattern: "GET /v3/accounts", Scopes: auth.FaxAllRead | auth.MemberRead, Needs: auth.MemberRead}, s.listAccounts},
		{auth.Route{Pattern: "GET /v3/accounts/{user_id}", Scopes: auth.FaxAllRead | auth.MemberRead | auth.UserRead, Needs: auth.UserRead}, s.getAccount},
		{auth.Route{Pattern: "PUT /v3/accounts/{user_id}", Scopes: auth.FaxAllEdit | auth.MemberEdit | auth.UserEdit, Needs: auth.UserEdit}, s.putAccount},
		{auth.Route{Pattern: "GET /v3/accounts/self/member-details/{member_id}", Scopes: auth.FaxAllRead | auth.MemberRead, Needs: auth.MemberRead}, s.getMemberDetail},
		{auth.Route{Pattern: "PUT /v3/accounts/self/member-details/{member_id}", Scopes: auth.FaxAllEdit | auth.MemberEdit, Needs: auth.MemberEdit}, s.putMemberDetail},
	}
}

// open is what needs no bearer token: the back channel, where the client
// authenticates itself, and what anybody may know.
func (s *Server) open() map[string]web.Handler {
	return map[string]web.Handler{
		"POST /token":                                 s.token,
		"POST /oauth/token":                           s.token,
		"POST /oauth/revoke":                          s.revoke,
		"POST /oauth/introspect":                      s.introspect,
		"GET /.well-known/oauth-authorization-server": s.metadata,
		"GET /openapi.json":                           s.openapi,
		"GET /healthz":                                s.healthz,
		"GET /readyz":                                 s.readyz,
		"GET /metrics":                                s.metrics,
	}
}

// Routes gives the policy to those who explain it: the pages.
func (s *Server) Routes() []auth.Route {
	var out []auth.Route
	for _, r := range s.routes() {
		out = append(out, r.Route)
	}
	return out
}

// Register adds all routes to the mux. A known path with another method answers
// 405 with Allow, an unknown one below /v3 answers 404, both in JSON.
func (s *Server) Register(mux *http.ServeMux) {
	methods := map[string][]string{}
	add := func(pattern string, h http.Handler) {
		method, path, _ := strings.Cut(pattern, " ")
		methods[path] = append(methods[path], method)
		if method == http.MethodGet {
			methods[path] = append(methods[path], http.MethodHead)
		}
		mux.Handle(pattern, s.shared(path, h))
	}
	for _, r := range s.routes() {
		add(r.Pattern, web.Handle(s.guard(r), s.fail))
	}
	for pattern, h := range s.open() {
		add(pattern, web.Handle(h, s.failFor(pattern)))
	}
	for path, allowed := range methods {
		slices.Sort(allowed)
		mux.Handle(path, s.shared(path, web.Handle(s.notAllowed(strings.Join(allowed, ", ")), s.failFor(path))))
	}
	mux.Handle("/v3/", s.cross(web.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "path_unknown")
	}, s.fail)))
}

// shared lets browsers call a path from other pages if it is one of those that the
// programs in them need: the token endpoint and the resources.
func (s *Server) shared(path string, h http.Handler) http.Handler {
	if strings.HasPrefix(path, "/v3/") || strings.HasSuffix(path, "/token") {
		return s.cross(h)
	}
	return h
}

// notAllowed answers every other method of a path (RFC 9110 15.5.6).
func (s *Server) notAllowed(allow string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", allow)
		return fault.New(fault.NotAllowed, "method_not_allowed", "method", cutText(r.Method, 20), "allow", allow)
	}
}

// failFor picks the form of errors: RFC 6749 5.2 on the back channel.
func (s *Server) failFor(pattern string) func(http.ResponseWriter, *http.Request, error) {
	if strings.HasSuffix(pattern, "/token") || strings.HasSuffix(pattern, "/oauth/revoke") || strings.HasSuffix(pattern, "/oauth/introspect") {
		return s.failOAuth
	}
	return s.fail
}

func cutText(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}
