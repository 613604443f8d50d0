package store_test

import (
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// Nothing that is asked for in the name of one organization comes from another.
func TestOrganizationsNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		mine, theirs := newHouse(t, db), newHouse(t, db)
		token := theirs.putPersonal(theirs.owner, "script")
		theirs.granted(theirs.owner, theirs.client)
		l := theirs.link(theirs.owner, auth.InvitationLink)
		theirs.must(db.PutLink(t.Context(), l, theirs.audit("account.invite")))
		ctx, org := t.Context(), mine.org.ID

		for name, err := range map[string]error{
			"AccountByID":   second(db.AccountByID(ctx, org, theirs.owner.ID)),
			"TokenByID":     second(db.TokenByID(ctx, org, token.ID)),
			"DeleteAccount": db.DeleteAccount(ctx, org, theirs.owner.ID, auth.Audit{}),
			"ChangeAccount": db.ChangeAccount(ctx, org, theirs.owner.ID, func(*auth.Account, int) error {
				t.Error("their account was handed out")
				return nil
			}, auth.End{}, auth.Audit{}),
			"ChangeClient": db.ChangeClient(ctx, org, theirs.client.ID, func(*oauth.Client) error {
				t.Error("their client was handed out")
				return nil
			}, auth.Audit{}),
			"DeleteClient": db.DeleteClient(ctx, org, theirs.client.ID, now, auth.Audit{}),
			"PutToken":     db.PutToken(ctx, inOrganization(mine.personal(theirs.owner, "planted"), org), auth.Audit{}),
		} {
			if f := fault.Of(err); f == nil || f.Kind != fault.NotFound {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		accounts, err := db.Accounts(ctx, org)
		mine.must(err)
		tokens, err := db.Tokens(ctx, org, "")
		mine.must(err)
		foreign, err := db.Tokens(ctx, org, theirs.owner.ID)
		mine.must(err)
		clients, err := db.Clients(ctx, org)
		mine.must(err)
		links, err := db.Links(ctx, org, auth.InvitationLink, now)
		mine.must(err)
		grants, _, _, err := db.CountGrants(ctx, org, now, now)
		mine.must(err)
		if len(accounts) != 1 || len(tokens) != 0 || len(foreign) != 0 || len(clients) != 1 || len(links) != 0 || grants != 0 {
			t.Errorf("lists: %d accounts, %d + %d tokens, %d clients, %d links, %d grants",
				len(accounts), len(tokens), len(foreign), len(clients), len(links), grants)
		}
		audits, err := db.Audits(ctx, org, 100)
		mine.must(err)
		for _, a := range audits {
			if a.OrganizationID != org {
				t.Errorf("an audit record of theirs: %+v", a)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func inOrganization(t auth.Token, id string) auth.Token {
	t.OrganizationID = id
	return t
}
