package store_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
)

// now is the time of the tests, to the millisecond as the database has it.
var now = time.Date(2026, 11, 23, 7, 5, 9, 123e6, time.UTC)

// house is an organization with an owner and a client, in a database.
type house struct {
	t      testing.TB
	db     *store.DB
	org    auth.Organization
	owner  auth.Account
	client oauth.Client
}

func newHouse(t testing.TB, db *store.DB) *house {
	t.Helper()
	h := &house{t: t, db: db}
	h.org = auth.Organization{
		ID: auth.NewID(), Name: "Sakura Clinic", Plan: auth.Enterprise, TimeZone: "Asia/Tokyo",
		Country: "JP", Language: "ja", CreatedAt: now,
	}
	h.owner = h.account(auth.Owner)
	h.must(db.CreateOrganization(t.Context(), h.org, h.owner, false, h.audit("organization.create")))
	h.client = h.newClient(false)
	h.must(db.PutClient(t.Context(), h.client, 100, h.audit("client.create")))
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) account(role auth.Role) auth.Account {
	id := auth.NewID()
	return auth.Account{
		ID: id, OrganizationID: h.org.ID, Email: id + "@example.com", Role: role, Status: auth.Active,
		PasswordHash: "$argon2id$…", PasswordChangedAt: now, Name: "花子", LastName: "山田", Phone: "+81312345678",
		Preferences: auth.DefaultPreferences(), CreatedAt: now,
	}
}

// member is a further account, stored.
func (h *house) member(role auth.Role) auth.Account {
	h.t.Helper()
	a := h.account(role)
	h.must(h.db.PutAccount(h.t.Context(), a, nil, h.audit("account.create")))
	return a
}

func (h *house) newClient(public bool) oauth.Client {
	c := oauth.Client{
		ID: auth.NewClientID(), OrganizationID: h.org.ID, Name: "Reception", RegisteredBy: h.owner.Email,
		Public: public, PKCERequired: public, ClientHeader: true,
		RedirectURIs: []string{"https://app.example.com/b", "https://app.example.com/a"}, CreatedAt: now,
	}
	if !public {
		text := auth.NewSecret(auth.ClientSecret)
		c.Secrets = []oauth.Secret{{ID: auth.NewID(), Hash: auth.HashOf(text), Hint: auth.Hint(text), CreatedAt: now}}
	}
	return c
}

func (h *house) audit(action string) auth.Audit {
	return auth.Audit{
		ID: auth.NewID(), OrganizationID: h.org.ID, At: now, Action: action, ObjectID: "object", Detail: "detail",
		Actor: auth.Actor{AccountID: h.owner.ID, Name: h.owner.Email, Address: "192.0.2.1"},
	}
}

// personal is a personal access token of an account.
func (h *house) personal(a auth.Account, name string) auth.Token {
	text := auth.NewSecret(auth.PersonalAccessToken)
	return auth.Token{
		ID: auth.NewID(), Hash: auth.HashOf(text), Hint: auth.Hint(text), OrganizationID: a.OrganizationID,
		AccountID: a.ID, Name: name, Scopes: auth.FaxRead | auth.UserEdit, CreatedAt: now, ExpiresAt: now.Add(auth.DefaultTokenAge),
	}
}

func (h *house) putPersonal(a auth.Account, name string) auth.Token {
	h.t.Helper()
	t := h.personal(a, name)
	h.must(h.db.PutToken(h.t.Context(), t, h.audit("token.create")))
	return t
}

// code is an authorization that nobody has redeemed yet, stored.
func (h *house) code(a auth.Account, c oauth.Client) oauth.AuthorizationCode {
	h.t.Helper()
	code := oauth.AuthorizationCode{
		Hash: auth.HashOf(auth.NewSecret(auth.AuthorizationCode)), RedirectURI: c.RedirectURIs[0], Challenge: "challenge",
		CreatedAt: now, ExpiresAt: now.Add(oauth.CodeAge),
		Grant: oauth.Grant{
			ID: auth.NewID(), OrganizationID: a.OrganizationID, AccountID: a.ID, ClientID: c.ID,
			Scope: "all", Scopes: auth.All, CreatedAt: now,
		},
	}
	decision := oauth.Consent{AccountID: a.ID, ClientID: c.ID, Scopes: auth.All, GivenAt: now}
	h.must(h.db.PutAuthorization(h.t.Context(), code, &decision, h.audit("consent.allow")))
	return code
}

func (h *house) access(g oauth.Grant) auth.Token {
	text := auth.NewSecret(auth.AccessToken)
	return auth.Token{
		ID: auth.NewID(), Hash: auth.HashOf(text), Hint: auth.Hint(text), OrganizationID: g.OrganizationID,
		AccountID: g.AccountID, ClientID: g.ClientID, GrantID: g.ID, Scopes: g.Scopes,
		CreatedAt: now, ExpiresAt: now.Add(oauth.AccessTokenAge),
	}
}

func (h *house) refresh(g oauth.Grant) oauth.RefreshToken {
	text := auth.NewSecret(auth.RefreshToken)
	return oauth.RefreshToken{Hash: auth.HashOf(text), Hint: auth.Hint(text), IssuedAt: now, Grant: g}
}

// granted is a redeemed authorization: its access token and its refresh token.
func (h *house) granted(a auth.Account, c oauth.Client) (auth.Token, oauth.RefreshToken) {
	h.t.Helper()
	code := h.code(a, c)
	access, refresh := h.access(code.Grant), h.refresh(code.Grant)
	h.must(h.db.RedeemCode(h.t.Context(), code.Hash, now, access, refresh))
	return access, refresh
}
