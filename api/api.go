// Package api is the front for programs: JSON over HTTP. It holds the
// authorization policy as one table of routes, the bearer check at its door, the
// back channel of OAuth 2.0, and the resources of the fax account. openapi.yaml
// describes all of it; a test holds the table and the answers against it.
package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"

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
	Health    Health
	// TokenQuota bounds calls of /token by address, CallQuota calls of the API by
	// token, per minute. The zero value bounds nothing.
	TokenQuota, CallQuota Quota

	refusals sync.Map // of *refusal by refusalKey
	selves   selves
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

// endpoint is a pattern of the mux with everything that it is served with.
type endpoint struct {
	pattern string // method and path, as in http.ServeMux
	serve   web.Handler
	fail    func(http.ResponseWriter, *http.Request, error) // writes its errors in its own form
	cors    bool                                            // pages of registered public clients may call it (cross)
}

// open is what needs no bearer token: the back channel, where the client
// authenticates itself, and what anybody may know. Errors of the back channel have
// the form of RFC 6749 5.2. Only the token endpoint is for browsers as well.
func (s *Server) open() []endpoint {
	return []endpoint{
		{"POST /token", s.token, s.failOAuth, true},
		{"POST /oauth/token", s.token, s.failOAuth, true},
		{"POST /oauth/revoke", s.revoke, s.failOAuth, false},
		{"POST /oauth/introspect", s.introspect, s.failOAuth, false},
		{"GET /.well-known/oauth-authorization-server", s.metadata, s.fail, false},
		{"GET /openapi.json", s.openapi, s.fail, false},
		{"GET /healthz", s.healthz, s.fail, false},
		{"GET /readyz", s.readyz, s.fail, false},
		{"GET /metrics", s.metrics, s.fail, false},
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
	s.selves.known.Limit = maxSelves
	all := s.open()
	for _, r := range s.routes() {
		all = append(all, endpoint{r.Pattern, s.guard(r), s.fail, true})
	}
	others := map[string]endpoint{} // by path: what the methods without a route get
	methods := map[string][]string{}
	for _, e := range all {
		mux.Handle(e.pattern, s.handler(e))
		method, path, _ := strings.Cut(e.pattern, " ")
		methods[path] = append(methods[path], method)
		if method == http.MethodGet {
			methods[path] = append(methods[path], http.MethodHead)
		}
		others[path] = e
	}
	for path, e := range others {
		slices.Sort(methods[path])
		e.serve = notAllowed(strings.Join(methods[path], ", "))
		mux.Handle(path, s.handler(e))
	}
	mux.Handle("/v3/", s.handler(endpoint{serve: pathUnknown, fail: s.fail, cors: true}))
}

// handler makes an endpoint what the mux takes.
func (s *Server) handler(e endpoint) http.Handler {
	h := web.Handle(e.serve, e.fail)
	if e.cors {
		return s.cross(h)
	}
	return h
}

func pathUnknown(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "path_unknown")
}

// notAllowed answers every other method of a path (RFC 9110 15.5.6).
func notAllowed(allow string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Allow", allow)
		return fault.New(fault.NotAllowed, "method_not_allowed", "method", cutText(r.Method, 20), "allow", allow)
	}
}

func cutText(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}
