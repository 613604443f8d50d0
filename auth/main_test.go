package auth_test

import (
	"path/filepath"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// office is an organization with its rules, in a real database.
type office struct {
	*auth.Accounts
	tokens *auth.Tokens
	db     *store.DB
	clock  *authtest.Clock
	mail   *authtest.Mailbox

	org                           auth.Organization
	owner, admin, manager, member auth.Caller
}

// eachOffice runs a test on both databases.
func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newOffice(t, db)) })
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{db: db, clock: authtest.NewClock(), mail: new(authtest.Mailbox), org: auth.Organization{ID: auth.NewID(), Name: "Clinic", Plan: auth.Enterprise}}
	now := o.clock.Now
	sessions := &auth.Sessions{Store: db, Now: now, NewID: auth.NewID}
	o.Accounts = &auth.Accounts{
		Store: db, Links: db, Passwords: auth.NewPasswords(0), Sessions: sessions, Mail: o.mail, Sealer: key,
		PublicURL: "https://fax.example", Now: now, NewID: auth.NewID,
	}
	o.SignIn = &auth.SignIn{Throttle: auth.NewThrottle(auth.FailureWindow, now, nil)}
	o.tokens = &auth.Tokens{Store: db, Now: now, NewID: auth.NewID}
	o.owner = o.caller("owner", auth.Owner)
	if err := db.CreateOrganization(t.Context(), o.org, o.owner.Account, true, o.audit()); err != nil {
		t.Fatal(err)
	}
	for caller, role := range map[*auth.Caller]auth.Role{&o.admin: auth.Admin, &o.manager: auth.Manager, &o.member: auth.Member} {
		*caller = o.caller(string(role), role)
		if err := db.PutAccount(t.Context(), caller.Account, nil, o.audit()); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *office) caller(name string, role auth.Role) auth.Caller {
	return auth.Caller{Organization: o.org, Scopes: auth.All, Account: auth.Account{
		ID: auth.NewID(), OrganizationID: o.org.ID, Email: name + "@clinic.example", Role: role, Status: auth.Active,
		PasswordHash: "unused", Preferences: auth.DefaultPreferences(), CreatedAt: o.clock.Now(),
	}}
}

func (o *office) audit() auth.Audit {
	return auth.Audit{ID: auth.NewID(), OrganizationID: o.org.ID, At: o.clock.Now(), Action: "test"}
}

// account reads an account as it is now.
func (o *office) account(t *testing.T, id string) auth.Account {
	t.Helper()
	acc, err := o.db.AccountByID(t.Context(), o.org.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return acc
}

// is checks the code of a refusal; "" means that there is none.
var is = authtest.Is
