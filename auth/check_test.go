package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/fault"
)

// Ids in the forms that they have: others are not remembered.
const (
	annID, bobID, orgID = "0000000000000000000000000000000a", "0000000000000000000000000000000b", "0000000000000000000000000000000c"
	patID, accessID     = "00000000000000000000000000000001", "00000000000000000000000000000002"
	grantID, otherID    = "00000000000000000000000000000003", "00000000000000000000000000000004"
	appID, otherAppID   = "APIK-00000000000000000001", "APIK-00000000000000000002"
)

// memory is a CheckStore that counts how often it is asked.
type memory struct {
	tokens                map[auth.Hash]auth.Token
	account               auth.Account
	organization          auth.Organization
	err                   error
	askedToken, askedUser int
}

func (m *memory) TokenByHash(_ context.Context, _ auth.Prefix, h auth.Hash) (auth.Token, error) {
	m.askedToken++
	if m.err != nil {
		return auth.Token{}, m.err
	}
	t, ok := m.tokens[h]
	if !ok {
		return auth.Token{}, fault.New(fault.NotFound, "token_unknown")
	}
	return t, nil
}

func (m *memory) AccountAndOrganization(_ context.Context, id string) (auth.Account, auth.Organization, error) {
	m.askedUser++
	if m.err != nil {
		return auth.Account{}, auth.Organization{}, m.err
	}
	if id != m.account.ID {
		return auth.Account{}, auth.Organization{}, fault.New(fault.NotFound, "account_unknown")
	}
	return m.account, m.organization, nil
}

// door is a check in front of a memory, with one live token for each kind.
type door struct {
	*auth.Check
	store         *memory
	clock         *authtest.Clock
	fresh         bool
	access, token string
	used          int
}

func newDoor() *door {
	d := &door{
		clock: authtest.NewClock(), fresh: true,
		access: auth.NewSecret(auth.AccessToken), token: auth.NewSecret(auth.PersonalAccessToken),
		store: &memory{
			account:      auth.Account{ID: annID, OrganizationID: orgID, Status: auth.Active, Role: auth.Member},
			organization: auth.Organization{ID: orgID, Plan: auth.Enterprise},
		},
	}
	now := d.clock.Now()
	d.store.tokens = map[auth.Hash]auth.Token{
		auth.HashOf(d.token): {ID: patID, AccountID: annID, Scopes: auth.UserRead, ExpiresAt: now.Add(day)},
		auth.HashOf(d.access): {
			ID: accessID, AccountID: annID, Scopes: auth.All, ExpiresAt: now.Add(time.Hour),
			ClientID: appID, GrantID: grantID, ClientHeader: true,
		},
	}
	d.Check = &auth.Check{
		Store: d.store, Now: d.clock.Now,
		Fresh: func() bool { return d.fresh },
		Used:  func(auth.Token, string, time.Time) { d.used++ },
	}
	return d
}

// change edits a stored token behind the check's back.
func (d *door) change(secret string, edit func(*auth.Token)) {
	h := auth.HashOf(secret)
	t := d.store.tokens[h]
	edit(&t)
	d.store.tokens[h] = t
}

// code is the code of the refusal; "" when the token is accepted.
func (d *door) code(t *testing.T, secret string) string {
	t.Helper()
	return codeOf(t, func() error { _, err := d.Bearer(t.Context(), secret, "192.0.2.1"); return err })
}

func codeOf(t *testing.T, f func() error) string {
	t.Helper()
	return authtest.Code(f())
}

func TestABearerIsTheAccountOfItsToken(t *testing.T) {
	t.Parallel()
	d := newDoor()
	c, err := d.Bearer(t.Context(), d.access, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Account.ID != annID || c.Organization.ID != orgID || c.Scopes != auth.All || c.TokenID != accessID || c.ClientID != appID || c.Address != "192.0.2.1" {
		t.Errorf("Bearer = %+v", c)
	}
	if c.Operator || c.Session.ID != "" {
		t.Error("a bearer became more than a bearer")
	}
	if d.used != 1 {
		t.Errorf("the use was told %d times", d.used)
	}
}

func TestABearerIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		kind       fault.Kind
		edit       func(d *door) (sent string)
	}{
		{"a revoked token", "token_revoked", fault.Unauthenticated, func(d *door) string {
			d.change(d.token, func(t *auth.Token) { t.RevokedAt = d.clock.Now() })
			return d.token
		}},
		{"an expired token", "token_expired", fault.Unauthenticated, func(d *door) string {
			d.clock.Advance(day)
			return d.token
		}},
		{"a token nobody knows", "token_unknown_here", fault.Unauthenticated, func(*door) string { return auth.NewSecret(auth.AccessToken) }},
		{"a token cut short", "token_damaged", fault.Unauthenticated, func(d *door) string { return d.token[:40] }},
		{"a token with a typing error", "token_damaged", fault.Unauthenticated, func(d *door) string { return d.token[:52] + "!" }},
		{"a refresh token", "token_wrong_kind", fault.Unauthenticated, func(*door) string { return auth.NewSecret(auth.RefreshToken) }},
		{"a session cookie", "token_wrong_kind", fault.Unauthenticated, func(*door) string { return auth.NewSecret(auth.BrowserSession) }},
		{"something else", "token_unknown_form", fault.Unauthenticated, func(*door) string { return "eyJhbGciOiJub25lIn0.e30." }},
		{"nothing", "token_unknown_form", fault.Unauthenticated, func(*door) string { return "" }},
		{"a disabled account", "account_disabled", fault.Unauthenticated, func(d *door) string {
			d.store.account.Status = auth.Disabled
			return d.token
		}},
		{"an account that is gone", "account_disabled", fault.Unauthenticated, func(d *door) string {
			d.store.account.ID = bobID
			return d.token
		}},
		{"a smaller plan", "plan_required", fault.Forbidden, func(d *door) string {
			d.store.organization.Plan = auth.Business
			return d.token
		}},
	} {
		d := newDoor()
		sent := tt.edit(d)
		_, err := d.Bearer(t.Context(), sent, "")
		if e := fault.Of(err); e == nil || e.Code != tt.want || e.Kind != tt.kind {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
		if d.used != 0 {
			t.Errorf("%s counts as used", tt.name)
		}
	}
}

func TestWhatIsNoTokenNeverReachesTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDoor()
	last := "0"
	if strings.HasSuffix(d.access, last) {
		last = "1"
	}
	for _, text := range []string{"", "x", d.access[:52] + last, auth.NewSecret(auth.ClientSecret), strings.Repeat("a", 1<<20)} {
		if d.code(t, text) == "" {
			t.Errorf("%.60q is accepted", text)
		}
	}
	if d.store.askedToken+d.store.askedUser != 0 {
		t.Errorf("the database was asked %d times", d.store.askedToken+d.store.askedUser)
	}
}

func TestAKnownTokenAsksTheDatabaseOnce(t *testing.T) {
	t.Parallel()
	d := newDoor()
	for range 100 {
		if code := d.code(t, d.access); code != "" {
			t.Fatal(code)
		}
	}
	if d.store.askedToken != 1 || d.store.askedUser != 1 {
		t.Errorf("asked %d times for the token, %d times for the account", d.store.askedToken, d.store.askedUser)
	}
}

func TestARememberedTokenStillExpires(t *testing.T) {
	t.Parallel()
	d := newDoor()
	d.code(t, d.access)
	d.clock.Advance(time.Hour - time.Millisecond)
	if code := d.code(t, d.access); code != "" {
		t.Errorf("a millisecond early: %s", code)
	}
	d.clock.Advance(time.Millisecond)
	if code := d.code(t, d.access); code != "token_expired" {
		t.Errorf("at its expiry: %q", code)
	}
}

func TestEachChangeIsEffectiveAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		change auth.Change
		edit   func(d *door)
		want   string
	}{
		{auth.Change{Kind: auth.GrantChanged, Subject: grantID}, revokeAccess, "token_revoked"},
		{auth.Change{Kind: auth.ClientChanged, Subject: appID}, revokeAccess, "token_revoked"},
		{auth.Change{Kind: auth.AccountChanged, Subject: annID}, revokeAccess, "token_revoked"},
		{auth.Change{Kind: auth.AccountChanged, Subject: annID}, func(d *door) { d.store.account.Status = auth.Disabled }, "account_disabled"},
		{auth.Change{Kind: auth.OrganizationChanged, Subject: orgID}, func(d *door) { d.store.organization.Plan = auth.Free }, "plan_required"},
	} {
		d := newDoor()
		d.code(t, d.access)
		tt.edit(d)
		d.Forget([]auth.Change{{Kind: tt.change.Kind, Subject: otherID}})
		if code := d.code(t, d.access); code != "" {
			t.Errorf("another's %s: %s", tt.change.Kind, code)
		}
		d.Forget([]auth.Change{tt.change})
		if code := d.code(t, d.access); code != tt.want {
			t.Errorf("%s: %q, want %s", tt.change.Kind, code, tt.want)
		}
	}
}

func revokeAccess(d *door) {
	d.change(d.access, func(t *auth.Token) { t.RevokedAt = d.clock.Now() })
}

func TestARevokedTokenIsForgottenByItsHash(t *testing.T) {
	t.Parallel()
	d := newDoor()
	d.code(t, d.access)
	revokeAccess(d)
	d.Forget([]auth.Change{{Kind: auth.TokenChanged, Subject: "no hash"}, {Kind: auth.TokenChanged, Subject: auth.HashOf(d.access).String()}})
	if code := d.code(t, d.access); code != "token_revoked" {
		t.Errorf("%q, want token_revoked", code)
	}
}

// The node that revokes a token may have a clock ahead of this one's.
func TestATokenRevokedOnAFasterClockIsRevokedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDoor()
	d.change(d.access, func(t *auth.Token) { t.RevokedAt = d.clock.Now().Add(50 * time.Millisecond) })
	for _, when := range []string{"before the revocation's time", "a second later, from memory"} {
		if code := d.code(t, d.access); code != "token_revoked" {
			t.Errorf("%s: %q, want token_revoked", when, code)
		}
		d.clock.Advance(time.Second)
	}
}

func TestAfterAGapEverythingIsForgotten(t *testing.T) {
	t.Parallel()
	d := newDoor()
	d.code(t, d.access)
	revokeAccess(d)
	d.ForgetAll()
	if code := d.code(t, d.access); code != "token_revoked" {
		t.Errorf("%q, want token_revoked", code)
	}
}

func TestANodeThatLostTheFeedTrustsNothingItRemembers(t *testing.T) {
	t.Parallel()
	d := newDoor()
	d.code(t, d.access)
	revokeAccess(d)
	d.fresh = false
	if code := d.code(t, d.access); code != "token_revoked" {
		t.Errorf("%q, want token_revoked", code)
	}
}

func TestTheServersOwnTroubleIsNoRefusal(t *testing.T) {
	t.Parallel()
	d := newDoor()
	d.store.err = errors.New("the disk is gone")
	if _, err := d.Bearer(t.Context(), d.access, ""); !errors.Is(err, d.store.err) || fault.Of(err) != nil {
		t.Errorf("Bearer = %v", err)
	}
}

func TestTheClientHeaderMustNameTheTokensClient(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, want string
		personal, optional bool
	}{
		{name: "right", header: appID},
		{name: "missing", want: "client_id_header_required"},
		{name: "another", header: otherAppID, want: "client_id_mismatch"},
		{name: "in another case", header: "apik-00000000000000000001", want: "client_id_mismatch"},
		{name: "missing where the owner allows it", optional: true},
		{name: "another, although the owner allows none", header: otherAppID, optional: true, want: "client_id_mismatch"},
		{name: "missing with a personal token", personal: true},
		{name: "another with a personal token", header: otherAppID, personal: true},
	} {
		d := newDoor()
		secret := d.access
		if tt.personal {
			secret = d.token
		}
		d.change(d.access, func(t *auth.Token) { t.ClientHeader = !tt.optional })
		c, err := d.Bearer(t.Context(), secret, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := codeOf(t, func() error { return d.ClientHeader(t.Context(), c, secret, tt.header) }); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// RFC 9449 7.2: a token that is bound to a key is no bearer token. RFC 8707 2: nor is
// one that is meant for another server a token of this one.
func TestRFC9449_7_2_ABoundTokenIsNoBearerToken(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(*auth.Token){
		"token_bound":                func(x *auth.Token) { x.Confirmation = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
		"token_for_another_resource": func(x *auth.Token) { x.Resource = "https://other.example" },
	} {
		d := newDoor()
		d.change(d.access, edit)
		for range 2 { // what is remembered of a token must not open what the token does not
			if got := d.code(t, d.access); got != want {
				t.Errorf("Bearer: %q, want %q", got, want)
			}
		}
		if d.used != 0 {
			t.Errorf("%s: the refused token counts as used", want)
		}
	}
}
