package dashboard_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/dashboard"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
	"github.com/faxgate/faxgate/web"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	ownerEmail = "owner@clinic.example"
	password   = "violet kettle marches seaward"
	another    = "granary seldom tickets orbit"
)

// site is the pages on the real rules and a real store, with a clock that the test
// moves and a mailbox in place of a mail server.
type site struct {
	*server.Rules
	people  *dashboard.Server
	handler http.Handler
	db      *store.DB
	blobs   *blob.Folder
	mail    *authtest.Mailbox
	clock   *authtest.Clock
	org     auth.Organization
	owner   auth.Account
	code    string // of the setup link; empty: there is an owner
}

// link is the path of the link in the latest mail of the kind.
func (s *site) link(t *testing.T, kind string) string {
	t.Helper()
	u, err := url.Parse(s.mail.Link(t, kind))
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

// options of a site; the zero value has an owner, sends no mail, and is reached at
// http://fax.example.
type options struct {
	publicURL string
	mail      bool
	noOwner   bool
	timeZone  string    // of the organization; empty: Asia/Tokyo
	db        *store.DB // nil: a new SQLite database
}

func newSite(t *testing.T, o options) *site {
	t.Helper()
	if o.publicURL == "" {
		o.publicURL = "http://fax.example"
	}
	if o.timeZone == "" {
		o.timeZone = "Asia/Tokyo"
	}
	if o.db == nil {
		o.db = storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)})
	}
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		db: o.db, mail: &authtest.Mailbox{On: o.mail},
		clock: authtest.NewClock(),
	}
	if s.blobs, err = blob.OpenFolder(t.TempDir(), key); err != nil {
		t.Fatal(err)
	}
	s.Rules = server.NewRules(s.db, server.Base{PublicURL: o.publicURL, Key: key, Blobs: s.blobs, Now: s.clock.Now})
	s.SignIn.Background = nil // at once: the tests look for the mail
	s.Accounts.Mail = s.mail
	s.people = &dashboard.Server{
		Accounts: s.Accounts, SignIn: s.SignIn, Sessions: s.Sessions, Tokens: s.Tokens, Organizations: s.Organizations,
		Clients: s.Clients, Authorizations: s.Authorizations, Mail: s.mail, PublicURL: o.publicURL, Now: s.clock.Now,
		Outbox: s.Outbox, Faxes: s.Faxes, Traces: s.Traces, Uploads: s.Uploads, Numbers: s.Numbers, Hooks: s.Hooks, Reports: reports{}, Simulated: true,
		Trunks: s.Trunks, Board: new(fax.Board), HookEvent: server.HookEvent, Look: 5 * time.Millisecond,
		API:     []auth.Route{{Pattern: "GET /v3/accounts/{user_id}", Scopes: auth.FaxAllRead | auth.MemberRead | auth.UserRead, Needs: auth.UserRead}},
		Version: "test",
	}
	if o.noOwner {
		s.code, s.people.Setup = auth.NewSetupCode(s.clock.Now())
	} else {
		s.createOwner(t, o.timeZone)
	}
	mux := http.NewServeMux()
	s.people.Register(mux)
	s.handler = &web.Edge{Next: mux, Log: slog.New(slog.DiscardHandler), Now: s.clock.Now}
	return s
}

func (s *site) createOwner(t *testing.T, zone string) {
	t.Helper()
	var err error
	s.org, s.owner, err = s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{
		Organization: "Sakura Clinic", Email: ownerEmail, Password: password, TimeZone: zone,
	}, true, auth.Actor{})
	if err != nil {
		t.Fatal(err)
	}
}

// caller is the owner as the rules see them, for what a test prepares.
func (s *site) caller(t *testing.T) auth.Caller {
	t.Helper()
	acc, org, err := s.db.AccountAndOrganization(t.Context(), s.owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Caller{Account: acc, Organization: org, Scopes: auth.All}
}

// member makes an account with a role and gives a browser in which it is signed in.
func (s *site) member(t *testing.T, email string, role auth.Role) (*browser, auth.Account) {
	t.Helper()
	acc, err := s.Accounts.Create(t.Context(), s.caller(t), email, role, password, "")
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.signIn(t, email, password)
	return b, acc
}

// plan moves the organization to another plan.
func (s *site) plan(t *testing.T, p auth.Plan) {
	t.Helper()
	if err := s.Organizations.SetPlan(t.Context(), auth.Operator(s.org), p); err != nil {
		t.Fatal(err)
	}
}

// app is a registered client with one redirect URI.
func (s *site) app(t *testing.T, in oauth.Registration) (oauth.Client, string) {
	t.Helper()
	client, secret, err := s.Clients.Register(t.Context(), s.caller(t), in)
	if err != nil {
		t.Fatal(err)
	}
	return client, secret
}

const redirectURI = "https://records.example/oauth/callback?tenant=1"

// records is an ordinary confidential client.
func (s *site) records(t *testing.T) oauth.Client {
	t.Helper()
	client, _ := s.app(t, oauth.Registration{Name: "Patient Records", RedirectURIs: []string{redirectURI}})
	return client
}

// request is the query of an authorization request; pairs replace or add
// parameters, and an empty value removes one.
func request(client oauth.Client, pairs ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {client.ID}, "scope": {"all"}, "state": {"a state"}}
	if len(client.RedirectURIs) > 0 {
		q.Set("redirect_uri", client.RedirectURIs[0])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return q
}

// exchange buys tokens for a code.
func (s *site) exchange(t *testing.T, client oauth.Client, secret, code string) oauth.TokenResponse {
	t.Helper()
	q := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client.ID}, "client_secret": {secret},
		"code": {code}, "redirect_uri": {client.RedirectURIs[0]},
	}
	tokens, err := s.OAuth.Exchange(t.Context(), oauth.BackChannelRequest{Body: q.Encode(), Address: "192.0.2.9"})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// actions are the audit records' actions, the latest first.
func (s *site) actions(t *testing.T) string {
	t.Helper()
	records, err := s.Organizations.Audits(t.Context(), s.caller(t), 100)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range records {
		names = append(names, a.Action)
	}
	return strings.Join(names, " ")
}
