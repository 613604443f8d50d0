package auth_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/fault"
)

// people is a SignInStore and SessionStore with one account.
type people struct {
	auth.SessionStore // what signing in never calls

	mu       sync.Mutex
	account  auth.Account
	known    string // the address that the account signed in from before
	asked    int    // how often for such an address
	sessions []auth.Session
	replaced []auth.Hash
	audits   []auth.Audit
}

func (p *people) AccountByEmail(_ context.Context, email string) (auth.Account, auth.Organization, error) {
	if email != p.account.Email {
		return auth.Account{}, auth.Organization{}, fault.New(fault.NotFound, "account_unknown")
	}
	return p.account, auth.Organization{ID: p.account.OrganizationID}, nil
}

func (p *people) KnownAddress(_ context.Context, id, address string, _ time.Time) (bool, error) {
	p.asked++
	return id == p.account.ID && address == p.known, nil
}

func (p *people) SetPasswordHash(_ context.Context, _, _, replacement string) error {
	p.account.PasswordHash = replacement
	return nil
}

func (p *people) PutAudit(_ context.Context, a auth.Audit) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.audits = append(p.audits, a)
	return nil
}

func (p *people) PutSession(_ context.Context, s auth.Session, replaced auth.Hash, _ auth.Audit) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sessions, p.replaced = append(p.sessions, s), append(p.replaced, replaced)
	return nil
}

// gate is signing in, in front of people.
type gate struct {
	*auth.SignIn
	store *people
	clock *authtest.Clock
}

const anyone = "ann@example.com"

func newGate(t *testing.T) *gate {
	t.Helper()
	// Cheap parameters: hashing has its own tests.
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4" // "password"
	g := &gate{clock: authtest.NewClock(), store: &people{account: auth.Account{
		ID: "ann", OrganizationID: "org", Email: anyone, Status: auth.Active, PasswordHash: phc,
	}}}
	sessions := &auth.Sessions{Store: g.store, Now: g.clock.Now, NewID: auth.NewID}
	g.SignIn = &auth.SignIn{
		Store: g.store, Sessions: sessions, Passwords: auth.NewPasswords(0),
		Throttle: auth.NewThrottle(auth.FailureWindow, g.clock.Now, nil), Now: g.clock.Now, NewID: auth.NewID,
	}
	return g
}

// code tries to sign in and gives the code of the refusal.
func (g *gate) code(t *testing.T, email, password, address string) string {
	t.Helper()
	return codeOf(t, func() error {
		_, _, err := g.Password(t.Context(), email, password, auth.Browser{Address: address}, "")
		return err
	})
}

func TestSigningInMakesASession(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	old := auth.NewSecret(auth.BrowserSession)
	secret, acc, err := g.Password(t.Context(), " Ann@Example.COM ", "password", auth.Browser{Address: "192.0.2.1"}, old)
	if err != nil || acc.ID != "ann" || !auth.WellFormed(auth.BrowserSession, secret) {
		t.Fatalf("Password = %v, %v", acc.ID, err)
	}
	if s := g.store.sessions[0]; s.Hash != auth.HashOf(secret) || s.Address != "192.0.2.1" || !s.Recent(g.clock.Now()) {
		t.Errorf("the session is %+v", s)
	}
	if g.store.replaced[0] != auth.HashOf(old) {
		t.Error("the session before it does not end")
	}
}

func TestAWrongPasswordAndAnUnknownAddressAreTheSame(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	_, _, wrong := g.Password(t.Context(), anyone, "wrong", auth.Browser{}, "")
	_, _, unknown := g.Password(t.Context(), "bob@example.com", "password", auth.Browser{}, "")
	g.store.account.Status = auth.Disabled
	_, _, disabled := g.Password(t.Context(), anyone, "password", auth.Browser{}, "")
	for name, err := range map[string]error{"unknown": unknown, "disabled": disabled} {
		if e := fault.Of(err); e == nil || e.Error() != wrong.Error() || e.Kind != fault.Unauthenticated || e.Code != "sign_in_wrong" {
			t.Errorf("%s: %v, and for a wrong password %v", name, err, wrong)
		}
	}
}

func TestAFailureIsAuditedAndASuccessTakesNothingFromTheLimit(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for range 30 {
		if code := g.code(t, anyone, "password", "192.0.2.1"); code != "" {
			t.Fatalf("signing in is refused: %s", code)
		}
	}
	g.code(t, anyone, "wrong", "192.0.2.1")
	if len(g.store.audits) != 1 || g.store.audits[0].Action != "sign_in.refused" || g.store.audits[0].Actor.Address != "192.0.2.1" {
		t.Errorf("audited: %+v", g.store.audits)
	}
}

func TestTenFailuresOfAnAccountFromAnAddressAreEnough(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for n := range 10 {
		if code := g.code(t, anyone, "wrong", "192.0.2.1"); code != "sign_in_wrong" {
			t.Fatalf("failure %d: %s", n+1, code)
		}
	}
	if code := g.code(t, anyone, "password", "192.0.2.1"); code != "sign_in_throttled" {
		t.Errorf("the eleventh: %q", code)
	}
	if code := g.code(t, anyone, "password", "192.0.2.2"); code != "" {
		t.Errorf("from another address: %q", code)
	}
	if code := g.code(t, "bob@example.com", "wrong", "192.0.2.1"); code != "sign_in_wrong" {
		t.Errorf("another account: %q", code)
	}
	g.clock.Advance(2 * auth.FailureWindow)
	if code := g.code(t, anyone, "password", "192.0.2.1"); code != "" {
		t.Errorf("half an hour later: %q", code)
	}
}

func TestAnUnknownAccountIsThrottledLikeAKnownOne(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for range 10 {
		g.code(t, "bob@example.com", "wrong", "192.0.2.1")
	}
	if code := g.code(t, "bob@example.com", "wrong", "192.0.2.1"); code != "sign_in_throttled" {
		t.Errorf("the eleventh: %q", code)
	}
}

// No lock-out that a stranger can cause for good: whoever signed in from an address
// before gets in from there, whatever others do.
func TestStrangersDoNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.store.known = "198.51.100.7"
	for n := range 50 {
		g.code(t, anyone, "wrong", "192.0.2."+string(rune('0'+n/9)))
	}
	if code := g.code(t, anyone, "password", "203.0.113.1"); code != "sign_in_throttled" {
		t.Errorf("a new address: %q", code)
	}
	if code := g.code(t, anyone, "password", g.store.known); code != "" {
		t.Errorf("the owner's own address: %q", code)
	}
}

// What the database is asked must not tell who has an account.
func TestALockedOutStrangerAsksTheDatabaseLikeAMember(t *testing.T) {
	t.Parallel()
	for _, email := range []string{anyone, "nobody@example.com"} {
		g := newGate(t)
		for n := range 51 {
			g.code(t, email, "wrong", "192.0.2."+string(rune('0'+n/9)))
		}
		if g.store.asked != 1 {
			t.Errorf("%s: the database was asked %d times for the address, want 1", email, g.store.asked)
		}
	}
}

// Attempts that come together must not all be let in because none has failed yet.
func TestParallelAttemptsDoNotPassTheLimit(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	var mu sync.Mutex
	tried := 0
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			_, _, err := g.Password(context.Background(), anyone, "wrong", auth.Browser{Address: "192.0.2.1"}, "")
			mu.Lock()
			defer mu.Unlock()
			if e := fault.Of(err); e == nil || e.Kind != fault.Throttled {
				tried++
			}
		})
	}
	all.Wait()
	if tried != 10 {
		t.Errorf("%d of 50 parallel attempts were tried, want 10", tried)
	}
}

func TestAPasswordTypedAgainIsUnderTheSameThrottle(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	c := auth.Caller{Account: g.store.account}
	from := auth.Browser{Address: "192.0.2.1"}
	check := func(password string) string {
		return codeOf(t, func() error { return g.CheckPassword(t.Context(), c, password, from) })
	}
	if code := check("password"); code != "" {
		t.Errorf("the right one: %s", code)
	}
	for range 10 {
		if code := check("wrong"); code != "password_wrong" {
			t.Fatalf("a wrong one: %s", code)
		}
	}
	if code := check("password"); code != "sign_in_throttled" {
		t.Errorf("after ten wrong ones: %q", code)
	}
}

func TestABrowsersNameIsKeptAsTextThatEveryDatabaseTakes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{strings.Repeat("é", 150) + "é", "x" + strings.Repeat("é", 150), "a\xff\xfeb", "a\x00b"} {
		g := newGate(t)
		if _, _, err := g.Password(t.Context(), anyone, "password", auth.Browser{UserAgent: name}, ""); err != nil {
			t.Fatal(err)
		}
		if got := g.store.sessions[0].UserAgent; !utf8.ValidString(got) || strings.ContainsRune(got, 0) || len(got) > 200 || got == "" {
			t.Errorf("%.10q… is kept as %q", name, got)
		}
	}
}
