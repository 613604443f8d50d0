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

// A stolen session may have asked for links: they end with it.
func TestLinksEndWithTheSessions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		nothing := func(*auth.Account, int) error { return nil }
		change := func(end auth.End) func(id string) error {
			return func(id string) error {
				return db.ChangeAccount(t.Context(), h.org.ID, id, nothing, end, h.audit("account.edit"))
			}
		}
		for name, tt := range map[string]struct {
			end  func(id string) error
			want bool
		}{
			"a change that ends sessions": {change(auth.End{Sessions: true}), true},
			"a change that ends links":    {change(auth.End{Links: true}), true},
			"a change that ends tokens":   {change(auth.End{Tokens: true}), false},
			"signing out everywhere": {func(id string) error {
				return db.EndSessions(t.Context(), id, "", false, now, h.audit("session.end_others"))
			}, true},
		} {
			m := h.member(auth.Member)
			email, reset, foreign := h.link(m, auth.EmailChangeLink), h.link(m, auth.PasswordResetLink), h.link(h.owner, auth.PasswordResetLink)
			for _, l := range []auth.Link{email, reset, foreign} {
				h.must(db.PutLink(t.Context(), l, h.audit("link")))
			}
			h.must(tt.end(m.ID))
			for _, l := range []auth.Link{email, reset} {
				got, _, _, err := db.LinkByHash(t.Context(), l.Hash)
				if err != nil || got.UsedAt.IsZero() == tt.want || (got.Sealed == nil) != tt.want {
					t.Errorf("%s: a link of kind %s: %+v, %v; want it ended: %t", name, l.Kind, got, err, tt.want)
				}
			}
			if got, _, _, err := db.LinkByHash(t.Context(), foreign.Hash); err != nil || !got.UsedAt.IsZero() {
				t.Errorf("%s: somebody else's link: %+v, %v", name, got, err)
			}
		}
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
