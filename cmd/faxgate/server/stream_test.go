package server_test

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// submitted is a fax of the owner's that nobody sends.
func (g gate) submitted(t *testing.T) (id string) {
	t.Helper()
	var err error
	if g.Uploads.Blobs, err = blob.OpenFolder(t.TempDir(), seal.KeyFrom("a text with enough chance in it", "test")); err != nil {
		t.Fatal(err)
	}
	by := fax.Actor{OrganizationID: g.owner.Organization.ID, AccountID: g.owner.Account.ID}
	up, err := g.Uploads.Put(t.Context(), by, fax.NewUpload{Name: "a.txt", Type: "text/plain", Content: strings.NewReader("hello")})
	if err != nil {
		t.Fatal(err)
	}
	const to = "+15005550001"
	receipt, err := g.Outbox.Submit(t.Context(), by, fax.Submission{From: fax.NoNumber, To: []string{to}, Files: []string{up.Path}})
	if err != nil {
		t.Fatal(err)
	}
	return receipt.IDs[to]
}

// A page that follows a fax would hold up the end of the server for as long as requests
// may take. Its stream ends as a whole answer instead.
func TestAStreamEndsWhenTheServerStops(t *testing.T) {
	t.Parallel()
	g := newGate(t, store.Config{DataDir: storetest.SQLite(t)})
	id := g.submitted(t)
	server, stop, served := g.start(t)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	signedIn, err := client.PostForm(server+"/login", url.Values{"email": {g.owner.Account.Email}, "password": {"violet kettle marches seaward"}})
	if err != nil {
		t.Fatal(err)
	}
	signedIn.Body.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/faxes/"+id+"/progress", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range signedIn.Cookies() {
		r.AddCookie(c)
	}
	heard, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Body.Close()
	events := bufio.NewReader(heard.Body)
	if first, err := events.ReadString('\n'); err != nil || first != "event: part\n" {
		t.Fatalf("the stream begins with %q, %v", first, err)
	}
	stop()
	if _, err := io.Copy(io.Discard, events); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
