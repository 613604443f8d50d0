package store_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// wantFault fails unless the error is of that kind and code.
func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if f := fault.Of(err); f == nil || f.Kind != kind || f.Code != code {
		t.Errorf("got %v, want %v %s", err, kind, code)
	}
}

func TestTheFirstOwnerIsTheOnlyFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if set, err := db.HasOwner(t.Context()); set || err != nil {
			t.Errorf("HasOwner of a new database = %t, %v", set, err)
		}
		won := atOnce(t, 20, func() error {
			h := &house{t: t, db: db, org: auth.Organization{ID: auth.NewID(), Plan: auth.Enterprise, CreatedAt: now}}
			return db.CreateOrganization(t.Context(), h.org, h.account(auth.Owner), true, h.audit("organization.create"))
		})
		orgs, err := db.Organizations(t.Context())
		if won != 1 || len(orgs) != 1 || err != nil {
			t.Errorf("%d first owners, %d organizations, %v", won, len(orgs), err)
		}
		if set, err := db.HasOwner(t.Context()); !set || err != nil {
			t.Errorf("HasOwner = %t, %v", set, err)
		}
		newHouse(t, db) // a further organization, not the first
	})
}

func TestAnAccountIsFoundAsItWasStored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		a := h.account(auth.Manager)
		a.ManagerID, a.MemberDetail = h.owner.ID, auth.MemberDetail{Quota: 300, Role: "受付"}
		a.Preferences.Notifications.BlackList.UIDs = []string{h.owner.ID}
		a.Preferences.Settings.Options["x"] = "y"
		h.must(db.PutAccount(t.Context(), a, nil, h.audit("account.create")))

		byID, err := db.AccountByID(t.Context(), h.org.ID, a.ID)
		h.must(err)
		byEmail, org, err := db.AccountByEmail(t.Context(), " "+strings.ToUpper(a.Email))
		h.must(err)
		checked, org2, err := db.AccountAndOrganization(t.Context(), a.ID)
		h.must(err)
		for _, got := range []auth.Account{byID, byEmail, checked} {
			if !reflect.DeepEqual(got, a) {
				t.Errorf("got %+v\nwant %+v", got, a)
			}
		}
		if org != h.org || org2 != h.org {
			t.Errorf("organization = %+v, %+v\nwant %+v", org, org2, h.org)
		}
		all, err := db.Accounts(t.Context(), h.org.ID)
		if len(all) != 2 || err != nil {
			t.Errorf("%d accounts, %v", len(all), err)
		}
	})
}

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, other := newHouse(t, db), newHouse(t, db)
		a := other.account(auth.Member)
		a.Email = strings.ToUpper(h.owner.Email)
		wantFault(t, db.PutAccount(t.Context(), a, nil, other.audit("account.create")), fault.Conflict, "email_taken")
		m := other.member(auth.Member)
		err := db.ChangeAccount(t.Context(), other.org.ID, m.ID, func(acc *auth.Account, _ int) error {
			acc.Email = h.owner.Email
			return nil
		}, auth.End{}, other.audit("account.edit"))
		wantFault(t, err, fault.Conflict, "email_taken")
		if got, err := db.AccountByID(t.Context(), other.org.ID, m.ID); err != nil || got.Email != m.Email {
			t.Errorf("the account after the refusal: %+v, %v", got, err)
		}
		audits, err := db.Audits(t.Context(), other.org.ID, 100)
		if len(audits) != 3 || err != nil { // organization, client, member
			t.Errorf("the refused writes left audit records: %+v, %v", audits, err)
		}
	})
}

func TestOneOwnerStaysWhenAllStepDownAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		owners := []auth.Account{h.owner}
		for range 7 {
			owners = append(owners, h.member(auth.Owner))
		}
		var all sync.WaitGroup
		for _, o := range owners {
			all.Go(func() {
				err := db.ChangeAccount(t.Context(), h.org.ID, o.ID, func(acc *auth.Account, others int) error {
					if others == 0 {
						return fault.New(fault.Conflict, "last_owner")
					}
					acc.Role = auth.Member
					return nil
				}, auth.End{}, h.audit("account.role"))
				if err != nil && !errors.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		accounts, err := db.Accounts(t.Context(), h.org.ID)
		h.must(err)
		left := 0
		for _, a := range accounts {
			if a.Role == auth.Owner {
				left++
			}
		}
		if left != 1 {
			t.Errorf("%d owners are left", left)
		}
	})
}

func TestWhatAChangeOfAnAccountEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		m := h.member(auth.Member)
		kept, ended, foreign := h.session(m, now), h.session(m, now), h.session(h.owner, now)
		personal, foreignToken := h.putPersonal(m, "script"), h.putPersonal(h.owner, "script")
		access, refresh := h.granted(m, h.client)
		end := auth.End{Sessions: true, ExceptSession: kept.ID, Tokens: true}
		later := h.audit("password.change")
		later.At = now.Add(time.Minute)
		err := db.ChangeAccount(t.Context(), h.org.ID, m.ID, func(acc *auth.Account, _ int) error {
			acc.PasswordHash = "new"
			return nil
		}, end, later)
		h.must(err)

		for s, want := range map[auth.Hash]bool{kept.Hash: true, ended.Hash: false, foreign.Hash: true} {
			if _, _, _, err := db.SessionByHash(t.Context(), s); (err == nil) != want {
				t.Errorf("a session: %v, want it to live: %t", err, want)
			}
		}
		for kind, hash := range map[auth.Prefix]auth.Hash{auth.PersonalAccessToken: personal.Hash, auth.AccessToken: access.Hash} {
			if got, err := db.TokenByHash(t.Context(), kind, hash); err != nil || !got.RevokedAt.Equal(later.At) {
				t.Errorf("%s: revoked %s, %v", kind, got.RevokedAt, err)
			}
		}
		if got, err := db.TokenByHash(t.Context(), auth.PersonalAccessToken, foreignToken.Hash); err != nil || !got.RevokedAt.IsZero() {
			t.Errorf("somebody else's token: revoked %s, %v", got.RevokedAt, err)
		}
		if got, err := db.RefreshTokenByHash(t.Context(), refresh.Hash); err != nil || got.Grant.RevokedReason != "revoked_by_owner" {
			t.Errorf("the grant: %+v, %v", got.Grant, err)
		}
		if _, err := db.ConsentOf(t.Context(), m.ID, h.client.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("the consent would give the same again unasked: %v", err)
		}
	})
}

// Whoever looks for a token in the audit log finds its end, and who ended it.
func TestEachTokenThatEndsWithAPasswordIsAudited(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		m := h.member(auth.Member)
		first, second := h.putPersonal(m, "script"), h.putPersonal(m, "scanner")
		h.must(db.RevokeToken(t.Context(), h.putPersonal(m, "dead already"), "me", now, auth.Audit{}))
		h.putPersonal(h.owner, "somebody else's")
		h.granted(m, h.client)
		a := h.audit("session.end_others")
		a.At = now.Add(time.Second)
		a.Actor.TokenID, a.Actor.ClientID = "token", "client"
		h.must(db.EndSessions(t.Context(), m.ID, "", true, a.At, a))
		want := map[string]string{first.ID: "token.revoke", second.ID: "token.revoke", h.client.ID: "consent.withdraw", a.ObjectID: a.Action}
		audits, err := db.Audits(t.Context(), h.org.ID, 4)
		h.must(err)
		for _, got := range audits {
			if want[got.ObjectID] != got.Action || got.Actor != a.Actor || !got.At.Equal(a.At) {
				t.Errorf("got %+v", got)
			}
			delete(want, got.ObjectID)
		}
		if len(want) > 0 {
			t.Errorf("no record of %v", want)
		}
	})
}

func TestAFailedChangeLeavesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		refused := errors.New("refused")
		err := db.ChangeAccount(t.Context(), h.org.ID, h.owner.ID, func(acc *auth.Account, _ int) error {
			acc.Name = "changed"
			return refused
		}, auth.End{Sessions: true}, h.audit("account.edit"))
		if !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		if got, err := db.AccountByID(t.Context(), h.org.ID, h.owner.ID); err != nil || got.Name != h.owner.Name {
			t.Errorf("the account: %+v, %v", got, err)
		}
	})
}

func TestOnlyAnAccountThatNeverSignedInIsDeleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		invited, seen, below := h.account(auth.Member), h.member(auth.Member), h.account(auth.Member)
		invited.Status = auth.Invited
		below.ManagerID = invited.ID
		l := h.link(invited, auth.InvitationLink)
		h.must(db.PutAccount(t.Context(), invited, &l, h.audit("account.invite")))
		h.must(db.PutAccount(t.Context(), below, nil, h.audit("account.create")))
		h.putPersonal(invited, "made by the operator")
		h.session(seen, now)

		wantFault(t, db.DeleteAccount(t.Context(), h.org.ID, seen.ID, h.audit("account.withdraw")), fault.Conflict, "account_signed_up")
		h.must(db.DeleteAccount(t.Context(), h.org.ID, invited.ID, h.audit("account.withdraw")))
		wantFault(t, db.DeleteAccount(t.Context(), h.org.ID, invited.ID, h.audit("account.withdraw")), fault.NotFound, "account_unknown")
		if got, err := db.AccountByID(t.Context(), h.org.ID, below.ID); err != nil || got.ManagerID != "" {
			t.Errorf("the account below: %+v, %v", got, err)
		}
	})
}

func TestTheHashOfAPasswordIsReplacedUnlessThePasswordChanged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		h.must(db.SetPasswordHash(t.Context(), h.owner.ID, "another", "stale"))
		h.must(db.SetPasswordHash(t.Context(), h.owner.ID, h.owner.PasswordHash, "fresh"))
		if got, _, err := db.AccountByEmail(t.Context(), h.owner.Email); err != nil || got.PasswordHash != "fresh" {
			t.Errorf("PasswordHash = %s, %v", got.PasswordHash, err)
		}
	})
}

func TestAnOrganizationIsChangedInOneStep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				err := db.ChangeOrganization(t.Context(), h.org.ID, func(o *auth.Organization) error {
					o.Name += "x"
					o.AdvancedSecurity, o.RefreshDeadBefore = true, now
					return nil
				}, h.audit("organization.plan"))
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		want := h.org
		want.Name += strings.Repeat("x", 20)
		want.AdvancedSecurity, want.RefreshDeadBefore = true, now
		if got, err := db.OrganizationByID(t.Context(), h.org.ID); err != nil || got != want {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
		err := db.ChangeOrganization(t.Context(), "nobody", func(*auth.Organization) error { return nil }, auth.Audit{})
		wantFault(t, err, fault.NotFound, "organization_unknown")
	})
}

func TestCountGrants(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, other := newHouse(t, db), newHouse(t, db)
		m := h.member(auth.Member)
		for _, age := range []time.Duration{0, 10 * 24 * time.Hour, 31 * 24 * time.Hour, 61 * 24 * time.Hour} {
			code := h.code(m, h.client)
			r := h.refresh(code.Grant)
			r.IssuedAt = now.Add(-age)
			h.must(db.RedeemCode(t.Context(), code.Hash, now, h.access(code.Grant), r))
			next := h.refresh(code.Grant)
			next.IssuedAt = r.IssuedAt
			h.must(db.RotateRefreshToken(t.Context(), r.Hash, now, nil, next, h.access(code.Grant)))
		}
		h.code(m, h.client) // never redeemed
		_, ended := h.granted(m, h.client)
		h.must(db.RevokeGrant(t.Context(), ended.Grant.ID, "revoked_by_client", now, auth.Audit{}))
		other.granted(other.owner, other.client)

		all, older, dead, err := db.CountGrants(t.Context(), h.org.ID, now.Add(-30*24*time.Hour), now.Add(-60*24*time.Hour))
		if all != 4 || older != 2 || dead != 1 || err != nil {
			t.Errorf("CountGrants = %d, %d, %d, %v; want 4, 2, 1", all, older, dead, err)
		}
		all, older, dead, err = db.CountGrants(t.Context(), h.org.ID, now.Add(-30*24*time.Hour), time.Time{})
		if all != 4 || older != 2 || dead != 0 || err != nil {
			t.Errorf("without a floor = %d, %d, %d, %v; want 4, 2, 0", all, older, dead, err)
		}
	})
}

func TestAuditsAreTheLatestFirst(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		a := h.audit("sign_in.refused")
		a.At = now.Add(time.Second)
		a.Actor.TokenID, a.Actor.ClientID = "token", "client"
		h.must(db.PutAudit(t.Context(), a))
		got, err := db.Audits(t.Context(), h.org.ID, 2)
		if err != nil || len(got) != 2 || got[0] != a {
			t.Errorf("Audits = %+v, %v\nwant first %+v", got, err, a)
		}
	})
}
