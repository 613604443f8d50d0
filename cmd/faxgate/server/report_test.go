package server_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// A report is a PDF in the reader's language, of a fax with pages and of one without.
func TestAReportIsDrawn(t *testing.T) {
	t.Parallel()
	p := newPost(t, storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)}))
	token, _, err := p.Tokens.Generate(t.Context(), p.owner,
		auth.NewToken{Name: "test", Scopes: auth.FaxRead, ExpiresAt: p.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, pages := range []int{2, 0} {
		f := received(t, p.db, p.blobs, p.owner.Account, pages, p.clock.Now())
		for _, language := range []string{"en", "ja"} {
			r := httptest.NewRequest(http.MethodGet, "/v3/accounts/self/report/"+f.ID, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Accept-Language", language)
			w := httptest.NewRecorder()
			p.Handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/pdf" || !bytes.HasPrefix(w.Body.Bytes(), []byte("%PDF-")) {
				t.Fatalf("%d pages, %s: %d %.200s", pages, language, w.Code, w.Body)
			}
			sizes[language+f.ID] = w.Body.Len()
		}
		if sizes["en"+f.ID] == sizes["ja"+f.ID] {
			t.Errorf("%d pages: both languages have %d bytes", pages, sizes["en"+f.ID])
		}
	}
}

// received puts a fax of so many pages into the account's inbox.
func received(t *testing.T, db *store.DB, blobs *blob.Folder, acc auth.Account, pages int, now time.Time) fax.Fax {
	t.Helper()
	return over(t, db, blobs, pages, fax.Fax{
		OrganizationID: acc.OrganizationID, AccountID: acc.ID, Direction: fax.Incoming, Status: fax.FailedHungUp,
		From: "+81312345678", To: "+15005551000", Started: now, Updated: now, Duration: time.Minute,
	})
}

// over stores a fax that is over, with so many pages; one that has some went well.
func over(t *testing.T, db *store.DB, blobs *blob.Folder, pages int, f fax.Fax) fax.Fax {
	t.Helper()
	f.ID, f.Pages, f.Document = auth.NewID(), pages, fax.Document{ID: auth.NewID(), Pages: pages}
	if pages > 0 {
		f.Status = fax.Success
		f.Attempts = []fax.Attempt{{ID: f.ID, Outcome: "ok", StartedAt: f.Started, EndedAt: f.Updated, Duration: time.Minute, Rate: 14400, ECM: true, StationID: "+81312345678"}}
		f.Document.Blob = auth.NewID()
		p, err := page.New(page.Geometry{Width: page.WidthA4, Rows: 2200, Resolution: page.Fine})
		if err != nil {
			t.Fatal(err)
		}
		for y := 300; y < 800; y++ {
			p.Blacken(y, 200, 200+y)
		}
		var b bytes.Buffer
		if err := page.WriteTIFF(&b, page.Document{p.Code(), p.Code()}); err != nil {
			t.Fatal(err)
		}
		if f.Document.Size, err = blobs.Put(t.Context(), f.Document.Blob, &b); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.PutReceived(t.Context(), []fax.Fax{f}, nil, f.Updated); err != nil {
		t.Fatal(err)
	}
	return f
}
