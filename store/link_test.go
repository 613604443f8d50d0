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

func (h *house) link(a auth.Account, kind auth.LinkKind) auth.Link {
	return auth.Link{
		Hash: auth.HashOf(auth.NewSecret(auth.OneTimeLink)), Kind: kind, AccountID: a.ID, Email: "new@example.com",
		Sealed: []byte("sealed"), CreatedAt: now, ExpiresAt: now.Add(time.Hour),
	}
}

func TestALinkWorksOnceUnder20Calls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		l := h.link(h.owner, auth.PasswordResetLink)
		h.must(db.PutLink(t.Context(), l, h.audit("password.forgot")))
		got, a, o, err := db.LinkByHash(t.Context(), l.Hash)
		if err != nil || !reflect.DeepEqual(got, l) || a.ID != h.owner.ID || o != h.org {
			t.Errorf("LinkByHash = %+v, %v\nwant %+v", got, err, l)
		}
		won := atOnce(t, 20, func() error {
			return db.RedeemLink(t.Context(), l.Hash, now, func(acc *auth.Account) error {
				acc.PasswordHash += "+"
				return nil
			}, auth.End{}, h.audit("password.reset"))
		})
		acc, err := db.AccountByID(t.Context(), h.org.ID, h.owner.ID)
		if won != 1 || err != nil || acc.PasswordHash != h.owner.PasswordHash+"+" {
			t.Errorf("%d calls redeemed the link; %s, %v", won, acc.PasswordHash, err)
		}
		if got, _, _, err := db.LinkByHash(t.Context(), l.Hash); err != nil || !got.UsedAt.Equal(now) || got.Sealed != nil {
			t.Errorf("the link afterwards: %+v, %v", got, err)
		}
	})
}

func TestARefusedLinkStaysGood(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		l := h.link(h.owner, auth.EmailChangeLink)
		h.must(db.PutLink(t.Context(), l, h.audit("email.change")))
		refused := errors.New("refused")
		err := db.RedeemLink(t.Context(), l.Hash, now, func(*auth.Account) error { return refused }, auth.End{}, auth.Audit{})
		if !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		taken := h.member(auth.Member).Email
		err = db.RedeemLink(t.Context(), l.Hash, now, func(acc *auth.Account) error {
			acc.Email = taken
			return nil
		}, auth.End{}, auth.Audit{})
		wantFault(t, err, fault.Conflict, "email_taken")
		if got, _, _, err := db.LinkByHash(t.Context(), l.Hash); err != nil || !got.UsedAt.IsZero() {
			t.Errorf("the link: %+v, %v", got, err)
		}
		err = db.RedeemLink(t.Context(), l.Hash, l.ExpiresAt, func(*auth.Account) error { return nil }, auth.End{}, auth.Audit{})
		wantFault(t, err, fault.Conflict, "link_used")
	})
}

func TestALinkEndsTheEarlierOnesOfItsKind(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, other := newHouse(t, db), newHouse(t, db)
		first, second := h.link(h.owner, auth.InvitationLink), h.link(h.owner, auth.InvitationLink)
		reset, foreign := h.link(h.owner, auth.PasswordResetLink), other.link(other.owner, auth.InvitationLink)
		expired := h.link(h.member(auth.Member), auth.InvitationLink)
		expired.ExpiresAt = now
		for _, l := range []auth.Link{reset, foreign, expired, first, second} {
			h.must(db.PutLink(t.Context(), l, h.audit("link")))
		}
		links, err := db.Links(t.Context(), h.org.ID, auth.InvitationLink, now)
		if err != nil || len(links) != 1 || !reflect.DeepEqual(links[0], second) {
			t.Errorf("Links = %+v, %v\nwant %+v", links, err, second)
		}
		if got, _, _, err := db.LinkByHash(t.Context(), first.Hash); err != nil || got.UsedAt.IsZero() {
			t.Errorf("the earlier link: %+v, %v", got, err)
		}
		if got, _, _, err := db.LinkByHash(t.Context(), reset.Hash); err != nil || !got.UsedAt.IsZero() {
			t.Errorf("a link of another kind: %+v, %v", got, err)
		}
	})
}
