package server_test

import (
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// post is a server that does not run: its events and mails wait for the test.
type post struct {
	*server.Server
	db    *store.DB
	blobs *blob.Folder
	clock *authtest.Clock
	owner auth.Caller
}

func newPost(t *testing.T, db *store.DB) *post {
	t.Helper()
	dir := t.TempDir()
	key, err := seal.Create(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFolder(filepath.Join(dir, "documents"), key)
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := notify.ParseSMTP("smtp://127.0.0.1:1", "fax@clinic.example") // nobody delivers: it stays in the queue
	if err != nil {
		t.Fatal(err)
	}
	clock := authtest.NewClock()
	s := server.New(db, server.Config{Base: server.Base{PublicURL: "http://fax.example", Key: key, SMTP: smtp, Blobs: blobs, Now: clock.Now}})
	org, acc, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{
		Email: "owner@clinic.example", Password: "violet kettle marches seaward", TimeZone: "Asia/Tokyo",
	}, true, auth.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	return &post{s, db, blobs, clock, auth.Caller{Account: acc, Organization: org, Scopes: auth.All}}
}

// wish sets what the owner wants to be mailed.
func (p *post) wish(t *testing.T, w auth.EmailNotifications) {
	t.Helper()
	err := p.Accounts.EditProfile(t.Context(), p.owner, p.owner.Account.ID, func(acc *auth.Account) error {
		acc.Preferences.Notifications.Settings.Email = w
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// queued hands on what happened, and takes the mails about it out of the queue: kind and
// address of each, sorted.
func (p *post) queued(t *testing.T) (mails []string) {
	t.Helper()
	if _, err := p.Events.HandDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	for {
		now := p.clock.Now()
		m, err := p.db.ClaimMail(t.Context(), "node", now, now.Add(time.Minute))
		if errors.Is(err, fault.NotFound) {
			slices.Sort(mails)
			return mails
		}
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, string(m.Kind)+" "+m.To)
		m.State = notify.Sent
		if err := p.db.SettleMail(t.Context(), "node", m); err != nil {
			t.Fatal(err)
		}
	}
}

// sent puts a fax of so many pages that the owner sent, without pages one that failed.
func (p *post) sent(t *testing.T, pages int) fax.Fax {
	t.Helper()
	now, acc := p.clock.Now(), p.owner.Account
	return over(t, p.db, p.blobs, pages, fax.Fax{
		OrganizationID: acc.OrganizationID, AccountID: acc.ID, Direction: fax.Outgoing, Status: fax.FailedConvertToTIFF,
		From: "+15005551000", To: "+81312345678", Submitted: now, Started: now, Updated: now,
	})
}

func TestMailsAboutFaxesGoAsTheAccountWishes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := newPost(t, db)
		mailed := func(what string, want ...string) {
			t.Helper()
			received(t, p.db, p.blobs, p.owner.Account, 1, p.clock.Now())
			p.sent(t, 1)
			p.sent(t, 0)
			if got := p.queued(t); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		mailed("a new account", "forwarded_fax owner@clinic.example")
		wish := auth.EmailNotifications{Addresses: []string{}}
		p.wish(t, wish)
		mailed("nothing")
		wish.SendFax = true
		p.wish(t, wish)
		mailed("sent faxes", "ended_fax owner@clinic.example", "ended_fax owner@clinic.example")
		wish.Addresses = []string{"a@clinic.example", "b@clinic.example"}
		p.wish(t, wish)
		mailed("to others", "ended_fax a@clinic.example", "ended_fax a@clinic.example", "ended_fax b@clinic.example", "ended_fax b@clinic.example")
	})
}

// What goes with mails is made when they are sent: pages and report, while there is a fax.
func TestDocumentsOfMails(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := newPost(t, db)
		whole, failed := p.sent(t, 2), p.sent(t, 0)
		for reference, there := range map[string]bool{
			whole.AccountID + "/" + whole.ID: true, whole.AccountID + "/" + whole.ID + "/report": true,
			failed.AccountID + "/" + failed.ID: false, failed.AccountID + "/" + failed.ID + "/report": true,
			auth.NewID() + "/" + whole.ID: false, auth.NewID() + "/" + whole.ID + "/report": false,
		} {
			r, err := p.Mail.Documents.Document(t.Context(), reference)
			if !there {
				if !errors.Is(err, fault.NotFound) {
					t.Errorf("%s: %v, want not found", reference, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || !strings.HasPrefix(string(b), "%PDF-") {
				t.Errorf("%s: %v, %.20q", reference, err, b)
			}
		}
	})
}
