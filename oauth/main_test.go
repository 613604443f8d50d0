package oauth_test

import (
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// office is an organization with the rules of clients and consents, in a real
// database.
type office struct {
	*oauth.Clients
	authorizations *oauth.Authorizations
	db             *store.DB
	owner, member  auth.Caller
	clock          *authtest.Clock
}

// eachOffice runs a test on both databases.
func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newOffice(t, db)) })
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	o := &office{db: db, clock: authtest.NewClock()}
	o.Clients = &oauth.Clients{Store: db, Now: o.clock.Now, NewID: auth.NewID}
	o.authorizations = &oauth.Authorizations{Store: db, Clients: o.Clients, Issuer: issuer, Now: o.clock.Now, NewID: auth.NewID}
	db.Changed = o.Forget
	o.owner = o.organization(t)
	o.member = o.caller(o.owner.Organization, auth.Member)
	if err := db.PutAccount(t.Context(), o.member.Account, nil, o.audit(o.owner.Organization)); err != nil {
		t.Fatal(err)
	}
	return o
}

// organization makes one and gives its owner.
func (o *office) organization(t *testing.T) auth.Caller {
	t.Helper()
	org := auth.Organization{ID: auth.NewID(), Name: "Clinic", Plan: auth.Enterprise}
	owner := o.caller(org, auth.Owner)
	if err := o.db.CreateOrganization(t.Context(), org, owner.Account, false, o.audit(org)); err != nil {
		t.Fatal(err)
	}
	return owner
}

// caller is a person with a browser session.
func (o *office) caller(org auth.Organization, role auth.Role) auth.Caller {
	id := auth.NewID()
	return auth.Caller{Organization: org, Scopes: auth.All, Session: auth.Session{ID: auth.NewID()}, Account: auth.Account{
		ID: id, OrganizationID: org.ID, Email: id + "@clinic.example", Role: role, Status: auth.Active,
		Preferences: auth.DefaultPreferences(), CreatedAt: o.clock.Now(),
	}}
}

func (o *office) audit(org auth.Organization) auth.Audit {
	return auth.Audit{ID: auth.NewID(), OrganizationID: org.ID, At: o.clock.Now(), Action: "test"}
}

// is checks the code of a refusal; "" means that there is none.
var is = authtest.Is
