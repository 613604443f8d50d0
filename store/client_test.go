package store_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestAClientIsFoundAsItWasStored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		got, err := db.ClientByID(t.Context(), h.client.ID)
		if err != nil || !reflect.DeepEqual(got, h.client) {
			t.Errorf("ClientByID = %+v, %v\nwant %+v", got, err, h.client)
		}
		public := h.newClient(true)
		public.CreatedAt = now.Add(time.Second)
		h.must(db.PutClient(t.Context(), public, 100, h.audit("client.create")))
		all, err := db.Clients(t.Context(), h.org.ID)
		if err != nil || !reflect.DeepEqual(all, []oauth.Client{h.client, public}) {
			t.Errorf("Clients = %+v, %v", all, err)
		}
		uris, err := db.PublicRedirectURIs(t.Context())
		if err != nil || !slices.Equal(uris, []string{"https://app.example.com/a", "https://app.example.com/b"}) {
			t.Errorf("PublicRedirectURIs = %v, %v", uris, err)
		}
	})
}

func TestAClientIsChangedInOneStep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				err := db.ChangeClient(t.Context(), h.org.ID, h.client.ID, func(c *oauth.Client) error {
					c.Name += "x"
					c.RedirectURIs = append(c.RedirectURIs, "https://app.example.com/"+c.Name)
					c.Secrets = append(c.Secrets, oauth.Secret{ID: auth.NewID(), Hash: auth.HashOf(c.Name), CreatedAt: now, ExpiresAt: now})
					return nil
				}, h.audit("client.edit"))
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := db.ClientByID(t.Context(), h.client.ID)
		if err != nil || len(got.RedirectURIs) != 22 || len(got.Secrets) != 21 || len(got.Name) != len(h.client.Name)+20 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestADeletedClientIsUnknownButItsGrantsExplainThemselves(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		access, refresh := h.granted(h.owner, h.client)
		h.must(db.DeleteClient(t.Context(), h.org.ID, h.client.ID, now, h.audit("client.delete")))

		if _, err := db.ClientByID(t.Context(), h.client.ID); !errors.Is(err, fault.NotFound) {
			t.Errorf("ClientByID: %v", err)
		}
		if all, err := db.Clients(t.Context(), h.org.ID); len(all) != 0 || err != nil {
			t.Errorf("Clients = %+v, %v", all, err)
		}
		if grants, err := db.Grants(t.Context(), h.owner.ID); len(grants) != 0 || err != nil {
			t.Errorf("Grants = %+v, %v", grants, err)
		}
		r, err := db.RefreshTokenByHash(t.Context(), refresh.Hash)
		if err != nil || r.Grant.RevokedReason != oauth.ClientDeleted {
			t.Errorf("the refresh token: %+v, %v", r, err)
		}
		if got, err := db.TokenByHash(t.Context(), auth.AccessToken, access.Hash); err != nil || got.RevokedAt.IsZero() {
			t.Errorf("the access token: %+v, %v", got, err)
		}
		err = db.DeleteClient(t.Context(), h.org.ID, h.client.ID, now, h.audit("client.delete"))
		wantFault(t, err, fault.NotFound, "client_unknown")
		err = db.ChangeClient(t.Context(), h.org.ID, h.client.ID, func(*oauth.Client) error { return nil }, auth.Audit{})
		wantFault(t, err, fault.NotFound, "client_unknown")
		code := oauth.AuthorizationCode{Hash: auth.HashOf("x"), Grant: oauth.Grant{ID: auth.NewID(), AccountID: h.owner.ID, ClientID: h.client.ID}}
		wantFault(t, db.PutAuthorization(t.Context(), code, nil, auth.Audit{}), fault.NotFound, "client_unknown")
	})
}

func TestCountQueryClients(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h, other := newHouse(t, db), newHouse(t, db)
		body, old, deleted := h.newClient(false), h.newClient(false), h.newClient(false)
		u := db.Usage()
		for _, x := range []struct {
			c     oauth.Client
			query bool
			at    time.Time
		}{{h.client, true, now}, {body, false, now}, {old, true, now.Add(-time.Second)}, {deleted, true, now}, {other.client, true, now}} {
			if x.c.ID != h.client.ID && x.c.ID != other.client.ID {
				h.must(db.PutClient(t.Context(), x.c, 100, auth.Audit{}))
			}
			u.Grant(oauth.Grant{ID: auth.NewID(), ClientID: x.c.ID}, x.query, x.at)
		}
		h.must(u.Flush(t.Context()))
		h.must(db.DeleteClient(t.Context(), h.org.ID, deleted.ID, now, auth.Audit{}))
		if n, err := db.CountQueryClients(t.Context(), h.org.ID, now); n != 1 || err != nil {
			t.Errorf("CountQueryClients = %d, %v, want 1", n, err)
		}
	})
}
