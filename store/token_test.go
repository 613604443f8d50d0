package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestAPersonalTokenIsFoundAsItWasStored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		want := h.personal(h.owner, "受付のスクリプト")
		want.Confirmation, want.Resource = "thumbprint", "https://fax.example.com"
		h.must(db.PutToken(t.Context(), want, h.audit("token.create")))
		byHash, err := db.TokenByHash(t.Context(), auth.PersonalAccessToken, want.Hash)
		h.must(err)
		byID, err := db.TokenByID(t.Context(), h.org.ID, want.ID)
		h.must(err)
		if !reflect.DeepEqual(byHash, forCheck(want)) || !reflect.DeepEqual(byID, want) {
			t.Errorf("got %+v\nand %+v\nwant %+v", byHash, byID, want)
		}
		if _, err := db.TokenByHash(t.Context(), auth.PersonalAccessToken, auth.HashOf("unknown")); !errors.Is(err, fault.NotFound) {
			t.Errorf("an unknown one: %v", err)
		}
	})
}

// forCheck is what the bearer check is told of a token.
func forCheck(t auth.Token) auth.Token {
	t.Name, t.Hint, t.LastUsedAt, t.LastUsedFrom = "", "", time.Time{}, ""
	return t
}

func TestTheNameOfALiveTokenIsTaken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		first := h.putPersonal(h.owner, "script")
		wantFault(t, db.PutToken(t.Context(), h.personal(h.owner, "script"), h.audit("token.create")), fault.Conflict, "token_name_taken")
		h.putPersonal(h.owner, "another")
		h.putPersonal(h.member(auth.Member), "script") // somebody else's

		h.must(db.RevokeToken(t.Context(), first, "me", now, h.audit("token.revoke")))
		second := h.putPersonal(h.owner, "script") // free after a revocation
		third := h.personal(h.owner, "script")
		third.CreatedAt, third.ExpiresAt = second.ExpiresAt, second.ExpiresAt.Add(time.Hour)
		h.must(db.PutToken(t.Context(), third, h.audit("token.create"))) // and after the end

		got, err := db.TokenByHash(t.Context(), auth.PersonalAccessToken, second.Hash)
		if err != nil || !got.RevokedAt.IsZero() {
			t.Errorf("the one that ran out was not revoked: %+v, %v", got, err)
		}
		won := atOnce(t, 10, func() error { return db.PutToken(t.Context(), h.personal(h.owner, "raced"), h.audit("token.create")) })
		if won != 1 {
			t.Errorf("%d tokens have one name", won)
		}
	})
}

func TestRevokingLeavesADeadTokenAsItIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		live, expired := h.putPersonal(h.owner, "live"), h.putPersonal(h.owner, "expired")
		h.must(db.RevokeToken(t.Context(), live, "first", now, h.audit("token.revoke")))
		h.must(db.RevokeToken(t.Context(), live, "second", now.Add(time.Hour), h.audit("token.revoke")))
		h.must(db.RevokeToken(t.Context(), expired, "late", expired.ExpiresAt, h.audit("token.revoke")))
		if got, err := db.TokenByHash(t.Context(), auth.PersonalAccessToken, live.Hash); err != nil || got.RevokedBy != "first" || !got.RevokedAt.Equal(now) {
			t.Errorf("revoked twice: %+v, %v", got, err)
		}
		if got, err := db.TokenByHash(t.Context(), auth.PersonalAccessToken, expired.Hash); err != nil || !got.RevokedAt.IsZero() {
			t.Errorf("revoked after its end: %+v, %v", got, err)
		}
		audits, err := db.Audits(t.Context(), h.org.ID, 100)
		h.must(err)
		if n := count(audits, "token.revoke"); n != 1 {
			t.Errorf("%d records of one revocation", n)
		}
	})
}

func count(audits []auth.Audit, action string) (n int) {
	for _, a := range audits {
		if a.Action == action {
			n++
		}
	}
	return n
}

func TestTokensListsPersonalOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, other := newHouse(t, db), newHouse(t, db)
		m := h.member(auth.Member)
		h.granted(h.owner, h.client)
		older := h.putPersonal(h.owner, "older")
		newer := h.personal(m, "newer")
		newer.CreatedAt = now.Add(time.Second)
		h.must(db.PutToken(t.Context(), newer, h.audit("token.create")))
		other.putPersonal(other.owner, "foreign")

		all, err := db.Tokens(t.Context(), h.org.ID, "")
		if err != nil || len(all) != 2 || all[0].ID != newer.ID || all[1].ID != older.ID {
			t.Errorf("of the organization: %+v, %v", all, err)
		}
		own, err := db.Tokens(t.Context(), h.org.ID, m.ID)
		if err != nil || len(own) != 1 || own[0].ID != newer.ID {
			t.Errorf("of the member: %+v, %v", own, err)
		}
	})
}

func TestAnAccountHasSoManyLiveTokensAtMost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		expired := h.personal(h.owner, "expired")
		expired.ExpiresAt = now
		h.must(db.PutToken(t.Context(), expired, auth.Audit{}))
		var last auth.Token
		for range auth.MaxTokens - 1 {
			last = h.putPersonal(h.owner, auth.NewID())
		}
		won := atOnce(t, 10, func() error {
			return db.PutToken(t.Context(), h.personal(h.owner, auth.NewID()), auth.Audit{})
		})
		if won != 1 {
			t.Errorf("%d of 10 calls had the last place", won)
		}
		more := func() error { return db.PutToken(t.Context(), h.personal(h.owner, "more"), auth.Audit{}) }
		wantFault(t, more(), fault.Conflict, "tokens_too_many")
		h.putPersonal(h.member(auth.Member), "somebody else's")
		h.must(db.RevokeToken(t.Context(), last, "me", now, auth.Audit{}))
		h.must(more())
	})
}
