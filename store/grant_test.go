package store_test

import (
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

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
			_, found := db.TokenByHash(t.Context(), access.Hash)
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
		token, err := db.TokenByHash(t.Context(), access.Hash)
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
		token, err := db.TokenByHash(t.Context(), access.Hash)
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
		if got, err := db.TokenByHash(t.Context(), access.Hash); err != nil || got.Live(now) {
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
				if got, err := db.TokenByHash(t.Context(), token.Hash); err == nil && got.Live(now) {
					t.Errorf("a token lives under an ended grant: %+v", got)
				}
			}
		}
	})
}
