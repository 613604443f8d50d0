package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// receivedFax is a fax that came in minutes after now, stored.
func (h *house) receivedFax(a auth.Account, minutes int, change func(*fax.Fax)) fax.Fax {
	h.t.Helper()
	at := now.Add(time.Duration(minutes) * time.Minute)
	f := fax.Fax{
		ID: auth.NewID(), OrganizationID: a.OrganizationID, AccountID: a.ID, Direction: fax.Incoming, Status: fax.Success,
		From: "+81312345678", To: "+15005551000", Pages: 1, Document: fax.Document{ID: auth.NewID(), Blob: auth.NewID(), Pages: 1},
		Started: at, Updated: at, Attempts: []fax.Attempt{{ID: "first", Outcome: "ok", StartedAt: at, EndedAt: at}},
	}
	if change != nil {
		change(&f)
	}
	h.must(h.db.PutReceived(h.t.Context(), []fax.Fax{f}, nil, at))
	return f
}

func TestAFaxComesBackWhole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		want := h.receivedFax(h.owner, 0, func(f *fax.Fax) {
			f.Comment = fax.Comment{Tags: []string{"a", "b"}, Text: "改"}
			f.Duration, f.Submitted, f.Scheduled = 90*time.Second, now, now.Add(time.Hour)
			f.Retry = fax.Retry{Count: 2, Delay: 15 * time.Second}
			f.Document.CoverPage = &fax.CoverPage{NameTo: "x", Flags: []string{"urgent"}}
			f.Document.Files = []fax.File{{Name: "a.pdf", Size: 5}}
			f.Document.Header, f.Document.HeaderAt, f.Document.Enhance = "h", now, true
		})
		got, err := db.FaxByID(t.Context(), h.owner.ID, want.ID)
		if err != nil || fmt.Sprintf("%+v", flat(got)) != fmt.Sprintf("%+v", flat(want)) {
			t.Errorf("FaxByID = %+v, %v\nwant %+v", flat(got), err, flat(want))
		}
	})
}

// flat puts a value beside the fax for what stands behind a pointer.
func flat(f fax.Fax) any {
	cover := f.Document.CoverPage
	f.Document.CoverPage = nil
	return struct {
		Fax   fax.Fax
		Cover fax.CoverPage
	}{f, *cover}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		var ids []string
		for i := range 6 {
			f := h.receivedFax(h.owner, i, func(f *fax.Fax) {
				f.Pages, f.IsSpam, f.IsRead = i, i == 5, i == 4
				f.Comment.Text = string(rune('z' - i))
				switch i {
				case 2:
					f.Direction, f.Status = fax.Outgoing, fax.FailedUserBusy
				case 3:
					f.From = "+15005550001"
				}
			})
			ids = append(ids, f.ID)
		}
		yes, no := true, false
		at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
		for name, tt := range map[string]struct {
			f    fax.Filter
			want []int
		}{
			"all but spam":        {fax.Filter{}, []int{4, 3, 2, 1, 0}},
			"the inbox":           {fax.Filter{Category: fax.Inbox}, []int{4, 3, 1, 0}},
			"sent":                {fax.Filter{Category: fax.Sent}, []int{2}},
			"spam":                {fax.Filter{Category: fax.Spam}, []int{5}},
			"after and before":    {fax.Filter{After: at(1), Before: at(3)}, []int{2, 1}},
			"oldest first":        {fax.Filter{Ascending: true, Limit: 2, Offset: 1}, []int{1, 2}},
			"busy":                {fax.Filter{Status: fax.FailedUserBusy}, []int{2}},
			"failed":              {fax.Filter{Failed: true}, []int{2}},
			"read":                {fax.Filter{IsRead: &yes}, []int{4}},
			"unread in the inbox": {fax.Filter{IsRead: &no, Category: fax.Inbox}, []int{3, 1, 0}},
			"pages":               {fax.Filter{MinPages: 1, MaxPages: 2}, []int{2, 1}},
			"from":                {fax.Filter{From: "+15005550001"}, []int{3}},
			"to nobody":           {fax.Filter{To: "+15005550001"}, nil},
			"by comment":          {fax.Filter{SortBy: fax.ByComment, Ascending: true}, []int{4, 3, 2, 1, 0}},
			"by pages":            {fax.Filter{SortBy: fax.ByPages, Limit: 1}, []int{4}},
		} {
			if tt.f.Limit == 0 {
				tt.f.Limit = 10
			}
			all, err := db.FaxesOf(t.Context(), h.owner.ID, tt.f)
			h.must(err)
			var got []int
			for _, f := range all {
				got = append(got, slices.Index(ids, f.ID))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", name, got, tt.want)
			}
		}
	})
}

// What is asked all the time is answered from an index.
func TestFaxesAreFoundThroughIndexes(t *testing.T) {
	t.Parallel()
	dir := storetest.SQLite(t)
	db := raw(t, store.Config{DataDir: dir})
	for want, text := range map[string]string{
		"faxes_account":         "SELECT id FROM faxes f WHERE f.account_id = 'a' AND f.folder <> 'spam' ORDER BY f.started_at DESC, f.id DESC LIMIT 50",
		"faxes_folder":          "SELECT id FROM faxes f WHERE f.account_id = 'a' AND f.folder = 'inbox' ORDER BY f.started_at DESC, f.id DESC LIMIT 50",
		"faxes_returns":         "SELECT id FROM faxes WHERE return_at > 0 AND return_at <= 5 ORDER BY return_at, id LIMIT 1",
		"faxes_unread":          "SELECT COUNT(*) FROM faxes WHERE account_id = 'a' AND folder = 'inbox' AND is_read = FALSE",
		"fax_jobs_due":          "SELECT n.id FROM fax_jobs n WHERE n.lane = 'l' AND n.due_at > 0 AND n.due_at <= 5 ORDER BY n.due_at, n.id LIMIT 1",
		"fax_jobs_sending":      "SELECT COUNT(*) FROM fax_jobs s WHERE s.lane = 'l' AND s.sending_at > 0 AND s.due_at > 5",
		"fax_jobs_claimed":      "SELECT id FROM fax_jobs WHERE claimed_by = 'n' AND claimed_by <> ''",
		"fax_documents_waiting": "SELECT id FROM fax_documents WHERE state = 'waiting' AND claimed_until <= 5 ORDER BY created_at, id LIMIT 1",
	} {
		plan := planOf(t, db, text)
		if !regexp.MustCompile(`INDEX `+want+`[ ;]`).MatchString(plan) || strings.Contains(plan, "SCAN f ") {
			t.Errorf("%s: %s", want, plan)
		}
		if strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s sorts: %s", want, plan)
		}
	}
}

// planOf is how SQLite would run a query.
func planOf(t *testing.T, db *sql.DB, text string) (plan string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN " + text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b, c int
		var detail string
		if err := rows.Scan(&a, &b, &c, &detail); err != nil {
			t.Fatal(err)
		}
		plan += detail + "; "
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// A document's bytes die only when nobody can come for them any more.
func TestBytesAreDoomedUntilSomebodyAdoptsThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		h.must(db.DoomBlob(t.Context(), "orphan", now.Add(time.Hour)))
		h.must(db.DoomBlob(t.Context(), "adopted", now))
		h.must(db.DoomBlob(t.Context(), "adopted", now)) // twice is once
		f := h.receivedFax(h.owner, 0, func(f *fax.Fax) { f.Document.Blob = "adopted" })
		h.wantDead(now)
		h.wantDead(now.Add(time.Hour), "orphan")
		h.must(db.ForgetBlob(t.Context(), "orphan"))
		h.must(db.DeleteFax(t.Context(), h.owner.ID, f.ID, now))
		h.wantDead(now, "adopted")
		wantFault(t, db.DeleteFax(t.Context(), h.owner.ID, f.ID, now), fault.NotFound, "fax_unknown")
	})
}

func (h *house) wantDead(at time.Time, want ...string) {
	h.t.Helper()
	got, err := h.db.DeadBlobs(context.Background(), at, 10)
	h.must(err)
	if !slices.Equal(got, want) {
		h.t.Errorf("dead are %q, want %q", got, want)
	}
}
