package dashboard

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/faxgate/faxgate/oauth"
)

// appLines are the ready texts for the app's developer.
type appLines struct {
	Authorize string // link; empty: there is no redirect URI yet
	Exchange  string // curl of the code exchange
	Refresh   string // curl of the refresh
	Call      string // curl of an API call
	Metadata  string
}

// lines fills the link and the curl calls in, with the parameters in the order of
// the documentation that this server is compatible with. An app that needs PKCE
// gets a verifier of its own for each showing. bodyOnly says that the organization
// forbids parameters in the URL.
func (s *Server) lines(client oauth.Client, secret string, bodyOnly bool) appLines {
	l := appLines{
		Metadata: s.PublicURL + "/.well-known/oauth-authorization-server",
		Call: "curl -H 'Authorization: Bearer ACCESS_TOKEN'" + continued + "-H 'x-fax-clientid: " + client.ID + "'" + continued +
			"'" + s.PublicURL + "/v3/accounts/self'",
	}
	exchange := []string{"grant_type", "authorization_code", "client_id", client.ID, "code", "CODE"}
	refresh := []string{"grant_type", "refresh_token", "refresh_token", "REFRESH_TOKEN"}
	if client.Public {
		refresh = append(refresh, "client_id", client.ID)
	}
	if len(client.RedirectURIs) > 0 {
		uri := client.RedirectURIs[0]
		authorize := []string{"response_type", "code", "client_id", client.ID, "redirect_uri", uri, "scope", "all"}
		exchange = append(exchange, "redirect_uri", uri)
		if client.NeedsChallenge() {
			verifier, challenge := newVerifier()
			authorize = append(authorize, "code_challenge", challenge, "code_challenge_method", "S256")
			exchange = append(exchange, "code_verifier", verifier)
		}
		l.Authorize = s.PublicURL + "/login?" + query(authorize)
	}
	l.Exchange, l.Refresh = s.tokenCall(client, secret, exchange, bodyOnly), s.tokenCall(client, secret, refresh, bodyOnly)
	return l
}

// continued goes on with a shell command on the next line.
const continued = " \\\n  "

// bodyOnly reports whether the person's organization forbids parameters of /token in
// the URL.
func (v *visit) bodyOnly() bool { return v.caller != nil && v.caller.Organization.BodyOnly }

// tokenCall is a curl line of POST /token with the parameters in the query or, where
// that is forbidden, in the body.
func (s *Server) tokenCall(client oauth.Client, secret string, parameters []string, bodyOnly bool) string {
	line := "curl -X POST '" + s.PublicURL + "/token?" + query(parameters) + "'"
	if bodyOnly {
		line = "curl -X POST '" + s.PublicURL + "/token'" + continued + "-d '" + query(parameters) + "'"
	}
	line += continued + "-H 'Content-Type: application/x-www-form-urlencoded'"
	if client.Public {
		return line
	}
	if secret == "" {
		secret = "CLIENT_SECRET"
	}
	return line + continued + "-u '" + client.ID + ":" + secret + "'"
}

// query encodes alternating names and values in their order.
func query(parameters []string) string {
	var b strings.Builder
	for i := 0; i+1 < len(parameters); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(parameters[i] + "=" + url.QueryEscape(parameters[i+1]))
	}
	return b.String()
}

// newVerifier makes a code_verifier and its S256 challenge (RFC 7636 4.1, 4.2).
func newVerifier() (verifier, challenge string) {
	random := make([]byte, 32)
	rand.Read(random) // never fails
	verifier = base64.RawURLEncoding.EncodeToString(random)
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}
