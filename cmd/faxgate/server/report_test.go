package server_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// A report is a PDF in the reader's language, of a fax with pages and of one without.
func TestAReportIsDrawn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key, err := seal.Create(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFolder(filepath.Join(dir, "documents"), key)
	if err != nil {
		t.Fatal(err)
	}
	db, clock := storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)}), authtest.NewClock()
	s := server.New(db, server.Config{Base: server.Base{PublicURL: "http://fax.example", Key: key, Blobs: blobs, Now: clock.Now}})
	org, acc, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{
		Email: "owner@clinic.example", Password: "violet kettle marches seaward", TimeZone: "Asia/Tokyo",
	}, true, auth.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := s.Tokens.Generate(t.Context(), auth.Caller{Account: acc, Organization: org, Scopes: auth.All},
		auth.NewToken{Name: "test", Scopes: auth.FaxRead, ExpiresAt: clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int{}
	for _, pages := range []int{2, 0} {
		f := received(t, db, blobs, acc, pages, clock.Now())
		for _, language := range []string{"en", "ja"} {
			r := httptest.NewRequest(http.MethodGet, "/v3/accounts/self/report/"+f.ID, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Accept-Language", language)
			w := httptest.NewRecorder()
			s.Handler.ServeHTTP(w, r)
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
	f := fax.Fax{
		ID: auth.NewID(), OrganizationID: acc.OrganizationID, AccountID: acc.ID, Direction: fax.Incoming, Status: fax.Success,
		From: "+81312345678", To: "+15005551000", Pages: pages, Document: fax.Document{ID: auth.NewID(), Pages: pages},
		Started: now, Updated: now, Duration: time.Minute,
	}
	if pages == 0 {
		f.Status = fax.FailedHungUp
	} else {
		f.Attempts = []fax.Attempt{{ID: f.ID, Outcome: "ok", StartedAt: now, EndedAt: now, Duration: time.Minute, Rate: 14400, ECM: true, StationID: "+81312345678"}}
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
	if err := db.PutReceived(t.Context(), []fax.Fax{f}, now); err != nil {
		t.Fatal(err)
	}
	return f
}
