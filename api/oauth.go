package api

import (
	"bytes"
	"net/http"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/web"
)

// token serves POST /token.
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	wire, err := readBackChannel(w, r)
	if err != nil {
		return err
	}
	if err := s.TokenQuota.spend(w, auth.Network(wire.Address)); err != nil {
		return err
	}
	tokens, err := s.Tokens.Exchange(r.Context(), wire)
	if err != nil {
		return err
	}
	noStore(w.Header())
	answer(w, http.StatusOK, func(e *encoder) { e.tokenResponse(tokens) })
	return nil
}

// revoke serves RFC 7009: 200 with nothing in it.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	wire, err := readBackChannel(w, r)
	if err != nil {
		return err
	}
	if err := s.Tokens.Revoke(r.Context(), wire); err != nil {
		return err
	}
	noStore(w.Header())
	w.WriteHeader(http.StatusOK)
	return nil
}

// introspect serves RFC 7662.
func (s *Server) introspect(w http.ResponseWriter, r *http.Request) error {
	wire, err := readBackChannel(w, r)
	if err != nil {
		return err
	}
	found, err := s.Tokens.Introspect(r.Context(), wire, s.PublicURL)
	if err != nil {
		return err
	}
	noStore(w.Header())
	answer(w, http.StatusOK, func(e *encoder) { e.introspection(found) })
	return nil
}

// metadata serves RFC 8414. Anybody may read it, from any page.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "public, max-age=300")
	writeJSON(w, http.StatusOK, oauth.NewMetadata(s.PublicURL))
	return nil
}

// readBackChannel takes a back channel request off the wire. A body must be a form; what
// some clients send where they have nothing to say, `{}` under the content type of
// a form, counts as nothing.
func readBackChannel(w http.ResponseWriter, r *http.Request) (oauth.BackChannelRequest, error) {
	if values := r.Header["Authorization"]; len(values) > 1 {
		return oauth.BackChannelRequest{}, fault.New(fault.Invalid, "authorization_repeated")
	}
	body, err := web.ReadBody(w, r, web.MaxForm)
	if err != nil {
		return oauth.BackChannelRequest{}, err
	}
	form := web.IsForm(r.Header.Get("Content-Type"))
	if form && bytes.Equal(bytes.TrimSpace(body), []byte("{}")) {
		body = nil
	}
	if len(body) > 0 && !form {
		return oauth.BackChannelRequest{}, fault.New(fault.Invalid, "oauth_form_expected")
	}
	return oauth.BackChannelRequest{
		Query: r.URL.RawQuery, Body: string(body),
		Authorization: r.Header.Get("Authorization"), Address: web.LineOf(w).Address,
	}, nil
}
