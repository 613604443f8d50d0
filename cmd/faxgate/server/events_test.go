package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestAFaxThatComesInIsToldToWebhooks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
		if err != nil {
			t.Fatal(err)
		}
		s := server.New(db, server.Config{Base: server.Base{PublicURL: "http://fax.example", Key: key, AllowPrivateTargets: true}})
		org, acc, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{
			Email: "owner@clinic.example", Password: "violet kettle marches seaward",
		}, true, auth.Actor{})
		if err != nil {
			t.Fatal(err)
		}
		posts := make(chan []byte, 1)
		target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			posts <- body
		}))
		t.Cleanup(target.Close)
		gate{Server: s, db: db}.start(t)
		o := notify.Owner{OrganizationID: org.ID, AccountID: acc.ID}
		if _, _, err := s.Hooks.Create(t.Context(), o, notify.Actor{}, notify.NewHook{Target: target.URL, Event: notify.FaxReceived}); err != nil {
			t.Fatal(err)
		}
		at := time.Now().UTC().Truncate(time.Second)
		received := fax.Fax{
			ID: auth.NewID(), OrganizationID: org.ID, AccountID: acc.ID, Direction: fax.Incoming, Status: fax.PartiallyReceived,
			From: "+81 3-1234", To: "+15005550001", Pages: 2, Document: fax.Document{ID: auth.NewID(), Blob: "b", Pages: 2},
			Started: at, Updated: at,
		}
		if err := db.PutReceived(t.Context(), []fax.Fax{received}, nil, at); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Hook, Data map[string]any
		}
		select {
		case body := <-posts:
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was posted in 20 seconds")
		}
		when := at.Format("2006-01-02 15:04:05")
		want := map[string]any{
			"id": received.ID, "uid": acc.ID, "pages": 2.0, "cost": 2.0, "from": "+81 3-1234", "from_number": "+81 3-1234",
			"to": "+15005550001", "to_number": "+15005550001", "start_time": when, "file": received.ID + ".tiff",
			"file_name": "fax-from-8131234", "status": "partially_received",
		}
		if !reflect.DeepEqual(got.Data, want) {
			t.Errorf("data %v\nwant %v", got.Data, want)
		}
		if got.Hook["id"] != received.ID || got.Hook["event"] != "fax_received" || got.Hook["event_time"] != when || got.Hook["target"] != target.URL {
			t.Errorf("hook %v", got.Hook)
		}
	})
}
