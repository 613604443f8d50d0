package store_test

import (
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// atOnce runs f many times side by side and gives how often it succeeded. Every
// failure must be a conflict.
func atOnce(t *testing.T, times int, f func() error) int {
	t.Helper()
	var won atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for range times {
		all.Go(func() {
			<-start
			switch err := f(); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fault.Conflict):
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	return int(won.Load())
}

// RFC 6749 4.1.2: a code works once.
func TestACodeIsRedeemedOnceUnder50Calls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		code := h.code(h.owner, h.client)
		won := atOnce(t, 50, func() error {
			access := h.access(code.Grant)
			err := db.RedeemCode(t.Context(), code.Hash, now, access, h.refresh(code.Grant))
			_, found := db.TokenByHash(t.Context(), auth.AccessToken, access.Hash)
			if (err == nil) != (found == nil) {
				t.Errorf("RedeemCode = %v, but its access token: %v", err, found)
			}
			return err
		})
		if won != 1 {
			t.Errorf("%d calls redeemed the code", won)
		}
	})
}

func TestWhatACodeBought(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		code := h.code(h.owner, h.client)
		got, err := db.CodeByHash(t.Context(), code.Hash)
		h.must(err)
		if !reflect.DeepEqual(got, code) {
			t.Errorf("CodeByHash = %+v\nwant %+v", got, code)
		}
		access, refresh := h.access(code.Grant), h.refresh(code.Grant)
		h.must(db.RedeemCode(t.Context(), code.Hash, now, access, refresh))
		access.ClientHeader = true
		token, err := db.TokenByHash(t.Context(), auth.AccessToken, access.Hash)
		h.must(err)
		if !reflect.DeepEqual(token, forCheck(access)) {
			t.Errorf("TokenByHash = %+v\nwant %+v", token, access)
		}
		r, err := db.RefreshTokenByHash(t.Context(), refresh.Hash)
		h.must(err)
		if !reflect.DeepEqual(r, refresh) {
			t.Errorf("RefreshTokenByHash = %+v\nwant %+v", r, refresh)
		}
		code.RedeemedAt = now
		if got, err = db.CodeByHash(t.Context(), code.Hash); err != nil || !reflect.DeepEqual(got, code) {
			t.Errorf("CodeByHash afterwards = %+v, %v", got, err)
		}
	})
}

func TestARefreshTokenIsRotatedOnceUnder50Calls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		_, refresh := h.granted(h.owner, h.client)
		won := atOnce(t, 50, func() error {
			next := h.refresh(refresh.Grant)
			return db.RotateRefreshToken(t.Context(), refresh.Hash, now, []byte("sealed"), next, h.access(refresh.Grant))
		})
		if won != 1 {
			t.Errorf("%d calls rotated the token", won)
		}
		old, err := db.RefreshTokenByHash(t.Context(), refresh.Hash)
		h.must(err)
		if !old.RotatedAt.Equal(now) || string(old.Successor) != "sealed" {
			t.Errorf("the old token: %+v", old)
		}
		grants, err := db.Grants(t.Context(), h.owner.ID)
		h.must(err)
		if len(grants) != 1 || grants[0].ClientName != h.client.Name || !grants[0].RefreshIssuedAt.Equal(now) {
			t.Errorf("one family has one head: %+v", grants)
		}
	})
}

func TestAnEndedGrantGivesNothingMore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		access, refresh := h.granted(h.owner, h.client)
		unredeemed := h.code(h.owner, h.client)
		g := refresh.Grant
		h.must(db.PutAccessToken(t.Context(), h.access(g)))
		h.must(db.RevokeGrant(t.Context(), g.ID, oauth.RevokedByClient, now, h.audit("grant.revoke")))
		h.must(db.RevokeGrant(t.Context(), g.ID, oauth.RefreshReplayed, now.Add(1), h.audit("grant.revoke")))
		h.must(db.RevokeGrant(t.Context(), unredeemed.Grant.ID, oauth.RevokedByClient, now, auth.Audit{}))

		if err := db.PutAccessToken(t.Context(), h.access(g)); !errors.Is(err, fault.Conflict) {
			t.Errorf("PutAccessToken: %v", err)
		}
		if err := db.RotateRefreshToken(t.Context(), refresh.Hash, now, nil, h.refresh(g), h.access(g)); !errors.Is(err, fault.Conflict) {
			t.Errorf("RotateRefreshToken: %v", err)
		}
		err := db.RedeemCode(t.Context(), unredeemed.Hash, now, h.access(unredeemed.Grant), h.refresh(unredeemed.Grant))
		if !errors.Is(err, fault.Conflict) {
			t.Errorf("RedeemCode: %v", err)
		}
		token, err := db.TokenByHash(t.Context(), auth.AccessToken, access.Hash)
		h.must(err)
		if !token.RevokedAt.Equal(now) || token.RevokedBy != string(oauth.RevokedByClient) {
			t.Errorf("the access token: %+v", token)
		}
		r, err := db.RefreshTokenByHash(t.Context(), refresh.Hash)
		h.must(err)
		if !r.Grant.RevokedAt.Equal(now) || r.Grant.RevokedReason != oauth.RevokedByClient {
			t.Errorf("the grant: %+v", r.Grant)
		}
	})
}

func TestATicketWorksOnceUnder20Calls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		want := oauth.Ticket{Hash: auth.HashOf("ticket"), SessionID: "session", Query: "a=b&c=%E6%A1%9C", ExpiresAt: now}
		if err := db.PutTicket(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		won := atOnce(t, 20, func() error {
			got, err := db.RedeemTicket(t.Context(), want.Hash)
			if errors.Is(err, fault.NotFound) {
				return fault.New(fault.Conflict, "consent_ticket")
			}
			if err == nil && got != want {
				t.Errorf("RedeemTicket = %+v, want %+v", got, want)
			}
			return err
		})
		if won != 1 {
			t.Errorf("%d calls redeemed the ticket", won)
		}
	})
}

func TestADecisionIsRememberedUntilItIsWithdrawn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		h.granted(h.owner, h.client)
		access, refresh := h.granted(h.owner, h.client)
		m := h.member(auth.Member)
		_, foreign := h.granted(m, h.client)
		want := oauth.Consent{AccountID: h.owner.ID, ClientID: h.client.ID, Scopes: auth.All, GivenAt: now}
		if got, err := db.ConsentOf(t.Context(), h.owner.ID, h.client.ID); err != nil || got != want {
			t.Errorf("ConsentOf = %+v, %v", got, err)
		}
		if grants, err := db.Grants(t.Context(), h.owner.ID); err != nil || len(grants) != 2 {
			t.Errorf("grants live side by side: %+v, %v", grants, err)
		}
		err := db.RevokeClientGrants(t.Context(), h.owner.ID, h.client.ID, oauth.ConsentWithdrawn, now, h.audit("consent.withdraw"))
		h.must(err)
		if _, err := db.ConsentOf(t.Context(), h.owner.ID, h.client.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("the consent: %v", err)
		}
		if grants, err := db.Grants(t.Context(), h.owner.ID); err != nil || len(grants) != 0 {
			t.Errorf("the grants: %+v, %v", grants, err)
		}
		if got, err := db.RefreshTokenByHash(t.Context(), refresh.Hash); err != nil || got.Grant.RevokedReason != oauth.ConsentWithdrawn {
			t.Errorf("the refresh token: %+v, %v", got, err)
		}
		if got, err := db.TokenByHash(t.Context(), auth.AccessToken, access.Hash); err != nil || got.Live(now) {
			t.Errorf("the access token: %+v, %v", got, err)
		}
		if got, err := db.RefreshTokenByHash(t.Context(), foreign.Hash); err != nil || !got.Grant.RevokedAt.IsZero() {
			t.Errorf("somebody else's: %+v, %v", got, err)
		}
	})
}

// A grant that ends while tokens are issued under it leaves none alive, whatever
// the order.
func TestNoTokenSlipsThroughWhileAGrantEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		for range 10 {
			_, refresh := h.granted(h.owner, h.client)
			tokens := make([]auth.Token, 10)
			var all sync.WaitGroup
			for i := range tokens {
				tokens[i] = h.access(refresh.Grant)
				all.Go(func() {
					if err := db.PutAccessToken(t.Context(), tokens[i]); err != nil && !errors.Is(err, fault.Conflict) {
						t.Error(err)
					}
				})
			}
			all.Go(func() {
				if err := db.RevokeGrant(t.Context(), refresh.Grant.ID, oauth.RevokedByClient, now, auth.Audit{}); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			for _, token := range tokens {
				if got, err := db.TokenByHash(t.Context(), auth.AccessToken, token.Hash); err == nil && got.Live(now) {
					t.Errorf("a token lives under an ended grant: %+v", got)
				}
			}
		}
	})
}

// authorization is a code and its grant, not stored yet.
func (h *house) authorization(a auth.Account, c oauth.Client) oauth.AuthorizationCode {
	return oauth.AuthorizationCode{
		Hash: auth.HashOf(auth.NewSecret(auth.AuthorizationCode)), RedirectURI: c.RedirectURIs[0], CreatedAt: now, ExpiresAt: now.Add(oauth.CodeAge),
		Grant: oauth.Grant{
			ID: auth.NewID(), OrganizationID: a.OrganizationID, AccountID: a.ID, ClientID: c.ID,
			Scope: "all", Scopes: auth.All, CreatedAt: now,
		},
	}
}

// againstAuthorizations runs end while others authorize, and looks that whatever was
// authorized has ended.
func (h *house) againstAuthorizations(c oauth.Client, decision *oauth.Consent, end func() error) {
	h.t.Helper()
	codes := make([]oauth.AuthorizationCode, 8)
	var all sync.WaitGroup
	for i := range codes {
		codes[i] = h.authorization(h.owner, c)
		all.Go(func() {
			err := h.db.PutAuthorization(h.t.Context(), codes[i], decision, auth.Audit{})
			if err != nil && !errors.Is(err, fault.NotFound) {
				h.t.Error(err)
			}
		})
	}
	all.Go(func() {
		if err := end(); err != nil {
			h.t.Error(err)
		}
	})
	all.Wait()
	for _, code := range codes {
		if got, err := h.db.CodeByHash(h.t.Context(), code.Hash); err == nil && got.Grant.RevokedAt.IsZero() {
			h.t.Errorf("a grant slipped through: %+v", got.Grant)
		}
	}
}

func TestNoGrantSlipsThroughWhileItsClientIsDeleted(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		for range 20 {
			c := h.newClient(false)
			h.must(db.PutClient(t.Context(), c, 100, auth.Audit{}))
			decision := oauth.Consent{AccountID: h.owner.ID, ClientID: c.ID, Scopes: auth.All, GivenAt: now}
			h.againstAuthorizations(c, &decision, func() error {
				return db.DeleteClient(t.Context(), h.org.ID, c.ID, now, auth.Audit{})
			})
		}
	})
}

func TestNoGrantSlipsThroughWhileItsConsentIsTakenBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		for name, end := range map[string]func() error{
			"withdrawn": func() error {
				return db.RevokeClientGrants(t.Context(), h.owner.ID, h.client.ID, oauth.ConsentWithdrawn, now, auth.Audit{})
			},
			"signed out everywhere": func() error { return db.EndSessions(t.Context(), h.owner.ID, "", true, now, auth.Audit{}) },
		} {
			for range 20 {
				h.code(h.owner, h.client) // with a decision
				h.againstAuthorizations(h.client, nil, end)
			}
			err := db.PutAuthorization(t.Context(), h.authorization(h.owner, h.client), nil, auth.Audit{})
			if wantFault(t, err, fault.NotFound, "consent_unknown"); t.Failed() {
				t.Fatal(name)
			}
		}
	})
}

func TestOfTooManyGrantsTheOldestEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		m := h.member(auth.Member)
		_, foreign := h.granted(m, h.client)
		var codes []oauth.AuthorizationCode
		for i := range oauth.MaxGrants + 1 {
			code := h.authorization(h.owner, h.client)
			code.Grant.CreatedAt = now.Add(time.Duration(i) * time.Millisecond)
			decision := oauth.Consent{AccountID: h.owner.ID, ClientID: h.client.ID, Scopes: auth.All, GivenAt: now}
			h.must(db.PutAuthorization(t.Context(), code, &decision, auth.Audit{}))
			codes = append(codes, code)
		}
		for i, code := range codes {
			got, err := db.CodeByHash(t.Context(), code.Hash)
			if err != nil || got.Grant.RevokedAt.IsZero() != (i > 0) || i == 0 && got.Grant.RevokedReason != oauth.Superseded {
				t.Errorf("grant %d: %+v, %v", i+1, got.Grant, err)
			}
		}
		if got, err := db.RefreshTokenByHash(t.Context(), foreign.Hash); err != nil || !got.Grant.RevokedAt.IsZero() {
			t.Errorf("another account's: %+v, %v", got.Grant, err)
		}
	})
}
