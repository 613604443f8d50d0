package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

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

// guarded are the routes of the policy with their doors, each under its path of v3
// and under those of the older generations.
func (s *Server) guarded() []endpoint {
	var out []endpoint
	for _, r := range append(s.routes(), s.absent()...) {
		serve := s.guard(r)
		for _, version := range []string{"v3", "v2", "v1"} {
			out = append(out, endpoint{ofVersion(r.pattern, version), serve, s.fail, true})
		}
	}
	return out
}

// ofVersion is a pattern of v3 as an older generation of the wire spells it: there
// the faxes are archives.
func ofVersion(pattern, version string) string {
	if version == "v3" {
		return pattern
	}
	method, path, _ := strings.Cut(pattern, " ")
	segments := strings.Split(path, "/")
	segments[1] = version
	for i, segment := range segments {
		if segment == "faxes" {
			segments[i] = "archives"
		}
	}
	return method + " " + strings.Join(segments, "/")
}

// Register adds all routes to the mux. A known path with another method answers
// 405 with Allow, an unknown one below /v3, /v2 or /v1 answers 404, both in JSON.
func (s *Server) Register(mux *http.ServeMux) {
	others := map[string]endpoint{} // by path: what the methods without a route get
	methods := map[string][]string{}
	for _, e := range append(s.open(), s.guarded()...) {
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
	for _, root := range []string{"/v3/", "/v2/", "/v1/"} {
		mux.Handle(root, s.handler(endpoint{serve: pathUnknown, fail: s.fail, cors: true}))
	}
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
