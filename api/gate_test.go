package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/api"
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/page/sheet"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
	"github.com/faxgate/faxgate/web"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const publicURL = "https://fax.example"

// gate is a server for programs in front of a real database, with the people of an
// organization: an owner, an admin, a manager with a lead below, who has a member
// below, and a member who is below nobody.
type gate struct {
	*httptest.Server
	api   *api.Server
	db    *store.DB
	clock *authtest.Clock
	log   *journal
	mail  *authtest.Mailbox
	blobs *blob.Folder

	pats           *auth.Tokens
	authorizations *oauth.Authorizations

	org                                         auth.Organization
	owner, admin, manager, lead, member, remote auth.Account
}

// each runs a test with a gate on both databases.
func each(t *testing.T, test func(t *testing.T, g *gate)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newGate(t, db)) })
}

// sqlite gives a gate on SQLite, for what no database has a part in.
func sqlite(t *testing.T) *gate {
	t.Helper()
	t.Parallel()
	return newGate(t, storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)}))
}

func newGate(t *testing.T, db *store.DB) *gate {
	t.Helper()
	g := &gate{db: db, clock: authtest.NewClock(), log: new(journal), mail: new(authtest.Mailbox)}
	g.wire()
	g.wireFax(t)
	g.people(t)
	return g
}

// wire joins everything as main does, but for the parts that programs never meet.
func (g *gate) wire() {
	now, id := g.clock.Now, auth.NewID
	check := &auth.Check{Store: g.db, Now: now}
	clients := &oauth.Clients{Store: g.db, Now: now, NewID: id}
	throttle := auth.NewThrottle(auth.FailureWindow, now, nil)
	authentication := &oauth.Authentication{Clients: clients, Now: now, Throttle: throttle}
	g.pats = &auth.Tokens{Store: g.db, Now: now, NewID: id}
	g.authorizations = &oauth.Authorizations{Store: g.db, Clients: clients, Issuer: publicURL, Now: now, NewID: id}
	g.api = &api.Server{
		Check: check, Clients: clients, PublicURL: publicURL,
		Accounts: &auth.Accounts{
			Store: g.db, Links: g.db, SignIn: &auth.SignIn{Throttle: throttle}, Mail: g.mail, PublicURL: publicURL, Now: now, NewID: id,
		},
		Tokens: &oauth.Tokens{Store: g.db, Authentication: authentication, Check: check, Now: now, NewID: id},
		Health: api.Health{Ready: g.db.Ping},
	}
	g.db.Changed = func(changes []auth.Change) {
		check.Forget(changes)
		clients.Forget(changes)
		g.api.Tokens.Forget(changes)
	}
}

// people fills the organization, and starts the server.
func (g *gate) people(t *testing.T) {
	t.Helper()
	g.org, g.owner = g.organization(t, "Clinic")
	g.admin = g.account(t, "admin", auth.Admin, "")
	g.manager = g.account(t, "manager", auth.Manager, "")
	g.lead = g.account(t, "lead", auth.Member, g.manager.ID)
	g.member = g.account(t, "member", auth.Member, g.lead.ID)
	g.remote = g.account(t, "remote", auth.Member, "")
	g.Server = httptest.NewServer(g.handler())
	t.Cleanup(g.Close)
}

func (g *gate) handler() http.Handler {
	mux := http.NewServeMux()
	g.api.Register(mux)
	return &web.Edge{Next: mux, Log: slog.New(slog.NewJSONHandler(g.log, nil)), Now: g.clock.Now}
}

// wireFax joins the rules of faxes, with a folder for their documents.
func (g *gate) wireFax(t *testing.T) {
	t.Helper()
	now, id, key := g.clock.Now, auth.NewID, seal.KeyFrom("a text with enough chance in it", "test")
	blobs, err := blob.OpenFolder(t.TempDir(), key)
	if err != nil {
		t.Fatal(err)
	}
	g.blobs = blobs
	g.api.Numbers = &fax.Numbers{Store: g.db, Now: now, NewID: id}
	g.api.Outbox = &fax.Outbox{Store: g.db, Numbers: g.api.Numbers, Now: now, NewID: id}
	g.api.Uploads = &fax.Uploads{Store: g.db, Blobs: blobs, Now: now, NewID: id}
	g.api.Faxes = &fax.Faxes{Store: g.db, Blobs: blobs, Stamp: sheet.Stamped, Now: now}
	g.api.Traces = &fax.Traces{Store: g.db, Blobs: blobs}
	g.api.Hooks = &notify.Hooks{Store: g.db, Key: key, Now: now, NewID: id}
	g.api.Board = new(fax.Board)
	g.api.Reports = reports{}
}

// reports writes a report of one line, which is enough to be downloaded.
type reports struct{}

func (reports) WriteReport(_ context.Context, w io.Writer, f fax.Fax, language locale.Language, _ *time.Location) error {
	_, err := fmt.Fprintf(w, "%%PDF-1.4 %s %s %s", f.ID, f.Status, language)
	return err
}

// organization makes one with an owner.
func (g *gate) organization(t *testing.T, name string) (auth.Organization, auth.Account) {
	t.Helper()
	org := auth.Organization{ID: auth.NewID(), Name: name, Plan: auth.Enterprise, CreatedAt: g.clock.Now()}
	owner := g.newAccount(org.ID, "owner."+strings.ToLower(name), auth.Owner, "")
	if err := g.db.CreateOrganization(t.Context(), org, owner, false, g.audit(org.ID)); err != nil {
		t.Fatal(err)
	}
	return org, owner
}

func (g *gate) newAccount(orgID, name string, role auth.Role, managerID string) auth.Account {
	return auth.Account{
		ID: auth.NewID(), OrganizationID: orgID, Email: name + "@clinic.example", Role: role, Status: auth.Active,
		ManagerID: managerID, PasswordHash: "unused", PasswordChangedAt: g.clock.Now(),
		Preferences: auth.DefaultPreferences(), CreatedAt: g.clock.Now(),
	}
}

// account adds one to the organization.
func (g *gate) account(t *testing.T, name string, role auth.Role, managerID string) auth.Account {
	t.Helper()
	acc := g.newAccount(g.org.ID, name, role, managerID)
	if err := g.db.PutAccount(t.Context(), acc, nil, g.audit(g.org.ID)); err != nil {
		t.Fatal(err)
	}
	return acc
}

func (g *gate) audit(orgID string) auth.Audit {
	return auth.Audit{ID: auth.NewID(), OrganizationID: orgID, At: g.clock.Now(), Actor: auth.Actor{Name: "test"}, Action: "test"}
}

// token makes a personal access token for an account, whatever its role.
func (g *gate) token(t *testing.T, acc auth.Account, scopes auth.Scopes) string {
	t.Helper()
	operator := auth.Operator(auth.Organization{ID: acc.OrganizationID, Plan: auth.Enterprise})
	text, _, err := g.pats.Generate(t.Context(), operator, auth.NewToken{AccountID: acc.ID, Name: auth.NewID(), Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// register adds an OAuth app to the organization.
func (g *gate) register(t *testing.T, in oauth.Registration) (oauth.Client, string) {
	t.Helper()
	client, secret, err := g.api.Clients.Register(t.Context(), auth.Operator(g.org), in)
	if err != nil {
		t.Fatal(err)
	}
	return client, secret
}

// allow is a person pressing Allow: it gives the code.
func (g *gate) allow(t *testing.T, acc auth.Account, client oauth.Client, scope string) string {
	t.Helper()
	q := url.Values{"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": client.RedirectURIs[:1], "scope": {scope}}
	if client.NeedsChallenge() {
		q.Set("code_challenge", challenge)
		q.Set("code_challenge_method", "S256")
	}
	request, err := g.authorizations.Request(t.Context(), q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	caller := auth.Caller{Account: acc, Organization: g.org}
	ticket, err := g.authorizations.NewTicket(t.Context(), caller, request)
	if err != nil {
		t.Fatal(err)
	}
	redirect, err := g.authorizations.Decide(t.Context(), caller, ticket, true)
	if err != nil {
		t.Fatal(err)
	}
	return redirect.Code
}

// RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// answer is an answer that was read to its end and held against the contract.
type answer struct {
	t *testing.T
	*http.Response
	body []byte
}

// call sends a request. headers are alternating names and values.
func (g *gate) call(t *testing.T, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, g.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	response, err := g.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{t, response, text}
	a.keepsTheContract()
	a.isReadByStrictClients()
	return a
}

// get calls with a token.
func (g *gate) get(t *testing.T, token, path string) answer {
	t.Helper()
	return g.call(t, http.MethodGet, path, nil, "Authorization", "Bearer "+token)
}

// put sends JSON with a token.
func (g *gate) put(t *testing.T, token, path, body string) answer {
	t.Helper()
	return g.call(t, http.MethodPut, path, strings.NewReader(body), "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

// postJSON sends JSON with a token.
func (g *gate) postJSON(t *testing.T, token, path, body string, headers ...string) answer {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + token, "Content-Type", "application/json"}, headers...)
	return g.call(t, http.MethodPost, path, strings.NewReader(body), headers...)
}

// delete calls with a token, and with JSON where there is a body.
func (g *gate) delete(t *testing.T, token, path, body string) answer {
	t.Helper()
	return g.call(t, http.MethodDelete, path, strings.NewReader(body), "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

// post sends a form.
func (g *gate) post(t *testing.T, path, form string, headers ...string) answer {
	t.Helper()
	return g.call(t, http.MethodPost, path, strings.NewReader(form), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// is checks the status and, of an error, its code.
func (a answer) is(status int, code string) answer {
	a.t.Helper()
	if got, _ := a.json()["error"].(string); a.StatusCode != status || got != code {
		a.t.Errorf("%s %s: %d %q, want %d %q\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, got, status, code, a.body)
	}
	return a
}

// says checks that a key of the answer has a text in it.
func (a answer) says(key, part string) {
	a.t.Helper()
	if got, _ := a.json()[key].(string); !strings.Contains(got, part) {
		a.t.Errorf("%s %s: %s is %q, want …%s…", a.Request.Method, a.Request.URL.Path, key, got, part)
	}
}

// has checks a header.
func (a answer) has(header, want string) answer {
	a.t.Helper()
	if got := strings.Join(a.Header.Values(header), ", "); got != want {
		a.t.Errorf("%s %s: %s is %q, want %q", a.Request.Method, a.Request.URL.Path, header, got, want)
	}
	return a
}

// json is the answer's object; empty where it is none.
func (a answer) json() map[string]any {
	var v map[string]any
	_ = json.Unmarshal(a.body, &v) // what must be JSON is held against the contract
	return v
}
