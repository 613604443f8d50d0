package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// hold keeps the database as another process would, until release is called: all
// writes that come meanwhile wait, and are then committed together.
func hold(t *testing.T, dir string) (release func()) {
	t.Helper()
	raw, err := sql.Open("sqlite", filepath.Join(dir, "faxgate.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := raw.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), raw.Close()); err != nil {
			t.Error(err)
		}
	}
}

// Members of a group that fail, or panic, fail alone.
func TestAFailureInAGroupIsNobodyElses(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		h := newHouse(t, storetest.Open(t, c))
		_, refresh := h.granted(h.owner, h.client)
		dead := h.code(h.owner, h.client).Grant
		h.must(h.db.RevokeGrant(t.Context(), dead.ID, "revoked_by_client", now, auth.Audit{}))
		existing := h.access(refresh.Grant)
		h.must(h.db.PutAccessToken(t.Context(), existing))
		link := h.link(h.owner, auth.PasswordResetLink)
		h.must(h.db.PutLink(t.Context(), link, h.audit("link")))
		release := func() {}
		if c.DataDir != "" {
			release = hold(t, c.DataDir)
		}
		var all, begun sync.WaitGroup
		var good []auth.Token
		member := func(write func()) {
			begun.Add(1)
			all.Go(func() {
				begun.Done()
				write()
			})
		}
		for i := range 40 {
			access, duplicate, late := h.access(refresh.Grant), h.access(refresh.Grant), h.access(dead)
			duplicate.Hash = existing.Hash
			good = append(good, access)
			member(func() {
				if err := h.db.PutAccessToken(t.Context(), access); err != nil {
					t.Errorf("a good member: %v", err)
				}
			})
			member(func() {
				if err := h.db.PutAccessToken(t.Context(), duplicate); err == nil {
					t.Error("a second token with one hash")
				}
			})
			member(func() {
				if err := h.db.PutAccessToken(t.Context(), late); !errors.Is(err, fault.Conflict) {
					t.Errorf("a token under an ended grant: %v", err)
				}
			})
			member(func() { h.failAfterAWrite(link, i) })
		}
		begun.Wait()
		release()
		all.Wait()
		for _, g := range good {
			if _, err := h.db.TokenByHash(t.Context(), auth.AccessToken, g.Hash); err != nil {
				t.Errorf("a good member is not there: %v", err)
			}
		}
		if l, _, _, err := h.db.LinkByHash(t.Context(), link.Hash); err != nil || !l.UsedAt.IsZero() {
			t.Errorf("something is left of the failed members: %+v, %v", l, err)
		}
	})
}

// failAfterAWrite uses the link up and then fails, or panics.
func (h *house) failAfterAWrite(l auth.Link, i int) {
	defer func() {
		if r := recover(); (r != nil) != (i%2 == 1) {
			h.t.Errorf("member %d: panic %v", i, r)
		}
	}()
	refused := errors.New("refused")
	err := h.db.RedeemLink(h.t.Context(), l.Hash, now, func(*auth.Account) error {
		if i%2 == 1 {
			panic("a fault in a rule")
		}
		return refused
	}, auth.End{}, auth.Audit{})
	if !errors.Is(err, refused) {
		h.t.Errorf("member %d: %v", i, err)
	}
}

func TestACallerWhoLeavesBeforeTheWriteBeginsIsDropped(t *testing.T) {
	t.Parallel()
	dir := storetest.SQLite(t)
	h := newHouse(t, storetest.Open(t, store.Config{DataDir: dir}))
	release := hold(t, dir)
	blocked, blocker := make(chan error, 1), h.personal(h.owner, "first")
	before := h.db.Statements()
	go func() { blocked <- h.db.PutToken(t.Context(), blocker, h.audit("token.create")) }()
	for h.db.Statements() == before { // until the writer waits for the other process
		time.Sleep(time.Millisecond)
	}

	ctx, leave := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer leave()
	left := h.personal(h.owner, "second")
	if err := h.db.PutToken(ctx, left, h.audit("token.create")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	release()
	h.must(<-blocked)
	h.putPersonal(h.owner, "third") // after all that waited
	if _, err := h.db.TokenByHash(t.Context(), auth.AccessToken, left.Hash); !errors.Is(err, fault.NotFound) {
		t.Errorf("the write of somebody who had left: %v", err)
	}
}

func TestAWriteOfSomebodyWhoHadLeftIsNeverBegun(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		_, refresh := h.granted(h.owner, h.client)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		for range 200 {
			token := h.access(refresh.Grant)
			if err := db.PutAccessToken(ctx, token); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			if _, err := db.TokenByHash(t.Context(), auth.AccessToken, token.Hash); !errors.Is(err, fault.NotFound) {
				t.Fatalf("it was written: %v", err)
			}
		}
	})
}

func TestAHeldDatabaseIsBusyNotBroken(t *testing.T) {
	t.Parallel()
	dir := storetest.SQLite(t)
	h := newHouse(t, storetest.Open(t, store.Config{DataDir: dir}))
	release := hold(t, dir)
	wantFault(t, h.db.PutAudit(t.Context(), h.audit("x")), fault.Unavailable, "busy")
	release()
	h.must(h.db.PutAudit(t.Context(), h.audit("x")))
}

func TestAWriteAfterCloseFails(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), store.Config{DataDir: storetest.SQLite(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, time := range []string{"once", "again"} {
		if err := db.Close(); err != nil {
			t.Fatalf("closed %s: %v", time, err)
		}
	}
	if err := db.PutAudit(t.Context(), auth.Audit{ID: "x"}); err == nil {
		t.Error("it was answered")
	}
}

// What is acknowledged is there after the process is killed.
func TestNothingAcknowledgedIsLostToAKill(t *testing.T) {
	if dir := os.Getenv("FAXGATE_TEST_KILL"); dir != "" {
		writeForEver(t, dir)
		return
	}
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		where := c.URL
		if where == "" {
			where = c.DataDir
		}
		hashes := killedAfter(t, where, 500)
		db := storetest.Open(t, c)
		for _, text := range hashes {
			hash, err := auth.ParseHash(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.TokenByHash(t.Context(), auth.AccessToken, hash); err != nil {
				t.Errorf("acknowledged, and lost: %v", err)
			}
		}
		t.Logf("%d acknowledged writes are all there", len(hashes))
	})
}

// killedAfter runs a process that writes until it has acknowledged that many
// writes, and kills it. It gives all that the process acknowledged.
func killedAfter(t *testing.T, where string, writes int) (hashes []string) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingAcknowledgedIsLostToAKill$")
	cmd.Env = append(os.Environ(), "FAXGATE_TEST_KILL="+where)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(lines.Text()) == 64 {
			hashes = append(hashes, lines.Text())
		}
		if len(hashes) == writes {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(hashes) < writes {
		t.Fatalf("the process ended by itself after %d writes: %v", len(hashes), err)
	}
	return hashes
}

// writeForEver is the process that is killed.
func writeForEver(t *testing.T, where string) {
	c := store.Config{DataDir: where}
	if !filepath.IsAbs(where) {
		c = store.Config{URL: where}
	}
	h := newHouse(t, storetest.Open(t, c))
	_, refresh := h.granted(h.owner, h.client)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for {
				token := h.access(refresh.Grant)
				if err := h.db.PutAccessToken(t.Context(), token); err != nil {
					t.Error(err)
					return
				}
				fmt.Println(token.Hash) // one write: a line is there whole, or not at all
			}
		})
	}
	all.Wait()
}
