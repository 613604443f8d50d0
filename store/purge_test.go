package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

const day = 24 * time.Hour

// raw opens the database past the store.
func raw(t *testing.T, c store.Config) *sql.DB {
	t.Helper()
	driver, name := "pgx", c.URL
	if name == "" {
		driver, name = "sqlite", filepath.Join(c.DataDir, "faxgate.db")
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// rowsIn counts the rows of a table.
func rowsIn(t *testing.T, db *sql.DB, table string) (n int) {
	t.Helper()
	if err := db.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// purge runs until there is nothing left to delete.
func (h *house) purge(at time.Time) {
	h.t.Helper()
	for more := true; more; {
		var err error
		more, err = h.db.Purge(h.t.Context(), at, 500)
		h.must(err)
	}
}

// Each row is there until its time has come, and gone a minute later.
func TestPurgeDeletesEachThingInItsTime(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		h := newHouse(t, storetest.Open(t, c))
		ctx := t.Context()
		h.must(h.db.PutTicket(ctx, oauth.Ticket{Hash: auth.HashOf("t"), ExpiresAt: now}))
		h.must(h.db.PutLink(ctx, h.link(h.owner, auth.InvitationLink), h.audit("link"))) // one hour
		h.session(h.owner, now)
		h.putPersonal(h.owner, "runs out") // 90 days
		revoked := h.putPersonal(h.owner, "is revoked")
		h.must(h.db.RevokeToken(ctx, revoked, "me", now, h.audit("token.revoke")))
		h.granted(h.owner, h.client) // an access token of one hour
		h.must(h.db.PutMail(ctx, notify.Mail{ID: "m", To: "a@example.com", Sealed: []byte("x"), CreatedAt: now, NextAt: now}))
		db := raw(t, c)
		for _, tt := range []struct {
			table string
			after time.Duration // from now
			left  int           // then
		}{
			{"tickets", 10 * time.Minute, 0},
			{"authorization_codes", time.Hour + time.Minute, 0},
			{"access_tokens", day + time.Hour, 0},
			{"mails", 7 * day, 0},
			{"sessions", 30 * day, 0},
			{"links", 30*day + time.Hour, 0},
			{"personal_access_tokens", 90 * day, 1},  // the revoked one
			{"personal_access_tokens", 180 * day, 0}, // the one that ran out
			{"audits", 400 * day, 0},
		} {
			before := rowsIn(t, db, tt.table)
			h.purge(now.Add(tt.after - time.Second))
			if n := rowsIn(t, db, tt.table); n != before {
				t.Errorf("%s: %d of %d rows before their time", tt.table, n, before)
			}
			h.purge(now.Add(tt.after + time.Minute))
			if n := rowsIn(t, db, tt.table); n != tt.left {
				t.Errorf("%s: %d rows after %s, want %d", tt.table, n, tt.after, tt.left)
			}
		}
		for table, want := range map[string]int{"grants": 1, "refresh_tokens": 1, "clients": 1, "accounts": 1, "organizations": 1, "consents": 1} {
			if n := rowsIn(t, db, table); n != want {
				t.Errorf("%s: %d rows, want %d: it has no end of its own", table, n, want)
			}
		}
	})
}

func TestPurgeOfGrants(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		h := newHouse(t, storetest.Open(t, c))
		_, live := h.granted(h.owner, h.client)
		_, ended := h.granted(h.owner, h.client)
		h.must(h.db.RevokeGrant(t.Context(), ended.Grant.ID, oauth.RevokedByClient, now, auth.Audit{}))
		unused := h.code(h.owner, h.client)
		redeemed := h.code(h.owner, h.client)
		h.must(h.db.RedeemCode(t.Context(), redeemed.Hash, now, h.access(redeemed.Grant), h.refresh(redeemed.Grant)))
		db := raw(t, c)

		h.purge(now.Add(time.Hour)) // a minute before the codes go
		if got, err := h.db.CodeByHash(t.Context(), redeemed.Hash); err != nil || got.RedeemedAt.IsZero() {
			t.Errorf("a replay could not be noticed: %v", err)
		}
		if n := rowsIn(t, db, "grants"); n != 4 {
			t.Errorf("%d grants, want 4", n)
		}
		h.purge(now.Add(2 * time.Hour))
		if _, err := h.db.CodeByHash(t.Context(), unused.Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("the unused code: %v", err)
		}
		if n := rowsIn(t, db, "grants"); n != 3 {
			t.Errorf("%d grants, want those three that led to tokens", n)
		}
		if got, err := h.db.RefreshTokenByHash(t.Context(), ended.Hash); err != nil || got.Grant.RevokedAt.IsZero() {
			t.Errorf("an ended grant explains itself no more: %v", err)
		}
		h.purge(now.Add(31 * day))
		if _, err := h.db.RefreshTokenByHash(t.Context(), ended.Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("an ended grant after 31 days: %v", err)
		}
		h.purge(now.Add(10 * 365 * day))
		if _, err := h.db.RefreshTokenByHash(t.Context(), live.Hash); err != nil {
			t.Errorf("a live grant has no end: %v", err)
		}
		h.must(h.db.DeleteClient(t.Context(), h.org.ID, h.client.ID, now, auth.Audit{}))
		h.purge(now.Add(29 * day))
		if got, err := h.db.RefreshTokenByHash(t.Context(), live.Hash); err != nil || got.Grant.RevokedReason != oauth.ClientDeleted {
			t.Errorf("a deleted client's grant explains itself no more: %v", err)
		}
		h.purge(now.Add(31 * day))
		for _, table := range []string{"grants", "refresh_tokens", "clients", "access_tokens"} {
			if n := rowsIn(t, db, table); n != 0 {
				t.Errorf("%s: %d rows of a client that was deleted long ago", table, n)
			}
		}
	})
}

// What the Advanced Security Controls made useless for good does not stay for ever.
func TestPurgeEndsWhatExpiredUnderTheControls(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		on, off, never := newHouse(t, db), newHouse(t, db), newHouse(t, db)
		change := func(h *house, edit func(*auth.Organization)) {
			h.must(db.ChangeOrganization(t.Context(), h.org.ID, func(o *auth.Organization) error {
				edit(o)
				return nil
			}, auth.Audit{}))
		}
		change(on, func(o *auth.Organization) { o.AdvancedSecurity = true })
		change(off, func(o *auth.Organization) { o.RefreshDeadBefore = now.Add(time.Millisecond) })
		reason := func(r oauth.RefreshToken) oauth.Reason {
			got, err := db.RefreshTokenByHash(t.Context(), r.Hash)
			on.must(err)
			return got.Grant.RevokedReason
		}
		_, expired := on.granted(on.owner, on.client)
		_, used := on.granted(on.owner, on.client)
		_, dead := off.granted(off.owner, off.client)
		_, lives := never.granted(never.owner, never.client)
		u := db.Usage()
		u.Grant(used.Grant, false, now.Add(35*day))
		on.must(u.Flush(t.Context()))

		on.purge(now.Add(36 * day))
		for _, r := range []oauth.RefreshToken{expired, used, dead, lives} {
			if got := reason(r); got != "" {
				t.Errorf("after 36 days one ended: %s", got)
			}
		}
		on.purge(now.Add(38 * day))
		for _, tt := range []struct {
			name string
			r    oauth.RefreshToken
			want oauth.Reason
		}{
			{"expired under the controls", expired, oauth.Expired}, {"expired while they were on", dead, oauth.Expired},
			{"used three days ago", used, ""}, {"without the controls", lives, ""},
		} {
			if got := reason(tt.r); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		on.purge(now.Add(38*day + 31*day))
		if _, err := db.RefreshTokenByHash(t.Context(), expired.Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("a month later: %v", err)
		}
		if got := reason(lives); got != "" {
			t.Errorf("without the controls it ended: %s", got)
		}
	})
}

// RFC 9700 4.14.2: the row of a rotated token must tell a replay for long, but the
// successor's text is wanted for the grace alone.
func TestPurgeForgetsTheSuccessorAfterTheGrace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		_, old := h.granted(h.owner, h.client)
		next := h.refresh(old.Grant)
		h.must(db.RotateRefreshToken(t.Context(), old.Hash, now, []byte("sealed"), next, h.access(old.Grant)))
		for _, tt := range []struct {
			at     time.Duration
			sealed string
		}{{oauth.RotationGrace, "sealed"}, {oauth.RotationGrace + time.Second, ""}, {29 * day, ""}} {
			h.purge(now.Add(tt.at))
			got, err := db.RefreshTokenByHash(t.Context(), old.Hash)
			if err != nil || string(got.Successor) != tt.sealed || got.RotatedAt.IsZero() {
				t.Errorf("after %s: %+v, %v", tt.at, got, err)
			}
		}
		h.purge(now.Add(31 * day))
		if _, err := db.RefreshTokenByHash(t.Context(), old.Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("after 31 days: %v", err)
		}
		if _, err := db.RefreshTokenByHash(t.Context(), next.Hash); err != nil {
			t.Errorf("the head: %v", err)
		}
	})
}

func TestPurgeGoesInSteps(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		h := newHouse(t, storetest.Open(t, c))
		for i := range 25 {
			h.must(h.db.PutTicket(t.Context(), oauth.Ticket{Hash: auth.HashOf(fmt.Sprint(i)), ExpiresAt: now}))
		}
		db := raw(t, c)
		for _, want := range []struct {
			left int
			more bool
		}{{15, true}, {5, true}, {0, false}} {
			more, err := h.db.Purge(t.Context(), now.Add(time.Hour), 10)
			if left := rowsIn(t, db, "tickets"); err != nil || more != want.more || left != want.left {
				t.Errorf("Purge = %t, %v; %d rows are left; want %t, %d", more, err, left, want.more, want.left)
			}
		}
	})
}

func TestThePurgeRunsByItself(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		h := newHouse(t, storetest.Open(t, c))
		h.must(h.db.PutTicket(t.Context(), oauth.Ticket{Hash: auth.HashOf("old"), ExpiresAt: time.Now().Add(-time.Hour)}))
		db := raw(t, c)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.db.RunPurge(ctx)
		}()
		for deadline := time.Now().Add(10 * time.Second); rowsIn(t, db, "tickets") > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the ticket is still there")
			}
		}
		stop()
		<-ended
	})
}
