package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// app is an OAuth client of a gate that serves on a socket, and the member whom it
// acts for.
type app struct {
	gate
	url    string
	began  time.Time // by the gate's clock
	client oauth.Client
	secret string
	member auth.Caller
}

// eachApp runs a test on both databases, with an app that can keep a secret or one
// that cannot.
func eachApp(t *testing.T, public bool, test func(t *testing.T, a *app)) {
	t.Helper()
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) { test(t, newApp(t, newGate(t, c), public)) })
}

func newApp(t *testing.T, g gate, public bool) *app {
	t.Helper()
	// Today: the purge, which runs in the background, goes by the true time.
	g.clock.Advance(time.Now().Truncate(time.Second).Sub(g.clock.Now()))
	a := &app{gate: g, began: g.clock.Now()}
	a.url, _, _ = g.start(t)
	acc := auth.Account{
		ID: auth.NewID(), OrganizationID: g.owner.Organization.ID, Email: "member@clinic.example", Role: auth.Member, Status: auth.Active,
		PasswordHash: "unused", Preferences: auth.DefaultPreferences(), CreatedAt: g.clock.Now(),
	}
	record := auth.Audit{ID: auth.NewID(), OrganizationID: acc.OrganizationID, At: g.clock.Now(), Action: "account.create"}
	if err := g.db.PutAccount(t.Context(), acc, nil, record); err != nil {
		t.Fatal(err)
	}
	a.member = auth.Caller{Account: acc, Organization: g.owner.Organization, Scopes: auth.All}
	var err error
	a.client, a.secret, err = g.Clients.Register(t.Context(), g.owner, oauth.Registration{
		Name: "App", RedirectURIs: []string{"https://app.example/cb"}, Public: public,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// allow is the member pressing Allow: it gives the code.
func (a *app) allow(t *testing.T) string {
	t.Helper()
	q := url.Values{"response_type": {"code"}, "client_id": {a.client.ID}, "redirect_uri": {a.client.RedirectURIs[0]}}
	if a.client.Public {
		q.Set("code_challenge", challenge)
		q.Set("code_challenge_method", "S256")
	}
	request, err := a.Authorizations.Request(t.Context(), q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := a.Authorizations.NewTicket(t.Context(), a.member, request)
	if err != nil {
		t.Fatal(err)
	}
	redirect, err := a.Authorizations.Decide(t.Context(), a.member, ticket, true)
	if err != nil {
		t.Fatal(err)
	}
	return redirect.Code
}

// grant is what the token endpoint answers.
type grant struct {
	Access      string `json:"access_token"`
	Refresh     string `json:"refresh_token"`
	RefreshLeft int    `json:"refresh_token_expires_in"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// exchange redeems a code.
func (a *app) exchange(code string) (grant, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.client.RedirectURIs[0]}}
	if a.client.Public {
		form.Set("code_verifier", verifier)
	}
	return a.token(form)
}

// refresh asks for a new access token.
func (a *app) refresh(token string) (grant, error) {
	return a.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// token posts to the token endpoint with the app's credentials. The error is that
// of the wire: a refusal is an answer.
func (a *app) token(form url.Values) (grant, error) {
	form.Set("client_id", a.client.ID)
	if !a.client.Public {
		form.Set("client_secret", a.secret)
	}
	answer, err := http.PostForm(a.url+"/token", form)
	if err != nil {
		return grant{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return grant{}, err
	}
	var g grant
	if err := json.Unmarshal(body, &g); err != nil || answer.StatusCode >= 500 {
		return grant{}, fmt.Errorf("%d %s: %w", answer.StatusCode, body, err)
	}
	return g, nil
}

// must gives the tokens of an answer that has to have them.
func must(t *testing.T) func(grant, error) grant {
	return func(g grant, err error) grant {
		t.Helper()
		if err != nil || g.Access == "" || g.Refresh == "" {
			t.Fatalf("no tokens: %s %s, %v", g.Error, g.Description, err)
		}
		return g
	}
}

// refused checks that an answer is an error which says why.
func refused(t *testing.T, why string) func(grant, error) {
	return func(g grant, err error) {
		t.Helper()
		if err != nil || g.Error != "invalid_grant" || !strings.Contains(g.Description, why) {
			t.Errorf("%s: %s %s, %v; want invalid_grant …%s…", g.Access, g.Error, g.Description, err, why)
		}
	}
}

// call calls the API with an access token and gives the status.
func (a *app) call(t *testing.T, token string) int {
	t.Helper()
	status, err := a.tryCall(a.url, token)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func (a *app) tryCall(url, token string) (int, error) {
	r, err := http.NewRequest(http.MethodGet, url+"/v3/accounts/self", nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("x-fax-clientid", a.client.ID)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// works checks the status of a call.
func (a *app) works(t *testing.T, token string, want int) {
	t.Helper()
	if got := a.call(t, token); got != want {
		t.Errorf("a call is answered %d, want %d", got, want)
	}
}

// audited reports whether there is a record of the action.
func (a *app) audited(t *testing.T, action string) bool {
	t.Helper()
	all, err := a.Organizations.Audits(t.Context(), a.owner, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all {
		if record.Action == action {
			return true
		}
	}
	return false
}

// within gives a node a second to answer a call with the status.
func (a *app) within(t *testing.T, url, token string, want int) {
	t.Helper()
	deadline := time.Now().Add(time.Second)
	for {
		got, err := a.tryCall(url, token)
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a second a call is answered %d, want %d", got, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
