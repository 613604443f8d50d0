package api

import (
	"net/http"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

// guard is the door before every resource: the bearer token, the client header,
// the scope, the quota; then the handler, which cannot be reached without a
// caller.
func (s *Server) guard(x route) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		line := web.LineOf(w)
		text, err := bearer(r.Header)
		if err != nil {
			return err
		}
		caller, err := s.Check.Bearer(r.Context(), text, line.Address)
		if err != nil {
			return err
		}
		line.AccountID, line.TokenID, line.ClientID = caller.Account.ID, caller.TokenID, caller.ClientID
		clientID := strings.Join(r.Header["X-Fax-Clientid"], ", ") // RFC 9110 5.3: a second one makes it another
		if err := s.Check.ClientHeader(r.Context(), caller, text, clientID); err != nil {
			return err
		}
		if !caller.Scopes.Allows(x.anyOf) {
			return missingScope(x.narrowest)
		}
		if err := s.CallQuota.spend(w, caller.TokenID); err != nil {
			return err
		}
		return x.serve(w, r, caller)
	}
}

// bearer finds the token in the Authorization header, the only place where it is
// read (RFC 6750 2.1; OAuth 2.1 5.1.1).
func bearer(h http.Header) (string, error) {
	values := h["Authorization"]
	switch {
	case len(values) == 0 || values[0] == "":
		return "", fault.New(fault.Unauthenticated, "token_missing")
	case len(values) > 1:
		return "", fault.New(fault.Invalid, "authorization_repeated")
	}
	scheme, text, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", fault.New(fault.Unauthenticated, "token_not_bearer")
	}
	return strings.TrimSpace(text), nil
}

// missingScope is the refusal of RFC 6750 3.1 with the scope to ask for.
func missingScope(needs auth.Scopes) error {
	return fault.New(fault.Forbidden, "insufficient_scope", "missing_scope", needs.String())
}
