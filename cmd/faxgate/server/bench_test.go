package server_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { clear(d.header); return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkBearer is a call with a remembered token, from the edge to the answer.
func BenchmarkBearer(b *testing.B) {
	db, err := store.Open(b.Context(), store.Config{DataDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	key, err := seal.Create(filepath.Join(b.TempDir(), "key"))
	if err != nil {
		b.Fatal(err)
	}
	s := server.New(db, server.Config{Base: server.Base{PublicURL: "http://127.0.0.1", Key: key}})
	org := auth.Organization{ID: auth.NewID(), Name: "Bench", Plan: auth.Enterprise, CreatedAt: time.Now()}
	owner := auth.Account{
		ID: auth.NewID(), OrganizationID: org.ID, Email: "bench@example.com", Role: auth.Owner,
		Status: auth.Active, Preferences: auth.DefaultPreferences(), CreatedAt: time.Now(),
	}
	audit := auth.Audit{ID: auth.NewID(), OrganizationID: org.ID, At: time.Now(), Action: "organization.create"}
	if err := db.CreateOrganization(b.Context(), org, owner, true, audit); err != nil {
		b.Fatal(err)
	}
	secret, _, err := s.Tokens.Generate(b.Context(), auth.Caller{Account: owner, Organization: org}, auth.NewToken{Name: "bench", Scopes: auth.UserRead})
	if err != nil {
		b.Fatal(err)
	}
	go db.Follow(b.Context(), 0)
	for !db.Fresh() {
		time.Sleep(time.Millisecond)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/v3/accounts/self", nil)
	r.Header.Set("Authorization", "Bearer "+secret)
	r.RemoteAddr = "127.0.0.1:40000"
	w := &discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		s.Handler.ServeHTTP(w, r)
	}
}
