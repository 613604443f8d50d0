package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line/capture"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/page/sheet"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
)

// Base is what the rules need besides the store.
type Base struct {
	PublicURL string // without a slash at the end
	Key       *seal.Key
	SMTP      notify.SMTP // the zero value: no mail
	Blobs     fax.Blobs   // the bytes of documents; nil for commands, which open none
	Node      string      // names this process among those on the database; empty: chance decides
	// AllowPrivateTargets lets webhooks reach private, loopback and link-local addresses.
	AllowPrivateTargets bool

	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: nobody
}

// Rules are all rules, joined to one store.
type Rules struct {
	Accounts       *auth.Accounts
	Organizations  *auth.Organizations
	Sessions       *auth.Sessions
	SignIn         *auth.SignIn
	Tokens         *auth.Tokens
	Check          *auth.Check
	Clients        *oauth.Clients
	Authorizations *oauth.Authorizations
	OAuth          *oauth.Tokens
	Mail           *notify.Mailer
	Hooks          *notify.Hooks
	Courier        *notify.Courier // of webhooks
	Numbers        *fax.Numbers
	Trunks         *fax.Trunks
	Uploads        *fax.Uploads
	Outbox         *fax.Outbox
	Faxes          *fax.Faxes
	Traces         *fax.Traces
	Sweeper        *fax.Sweeper
	Events         *fax.Events
}

// NewRules wires the rules to the store. Until Follow runs, what they remember is
// not trusted.
func NewRules(db *store.DB, b Base) *Rules {
	b.Now, b.Log, b.Node = clock(b.Now), logger(b.Log), cmp.Or(b.Node, rand.Text())
	throttle := auth.NewThrottle(auth.FailureWindow, b.Now, db.SharedCounter(auth.FailureWindow))
	r := new(Rules)
	r.Mail = &notify.Mailer{Store: db, Key: b.Key, SMTP: b.SMTP, Node: b.Node, Now: b.Now, NewID: auth.NewID, Log: b.Log}
	r.Hooks = &notify.Hooks{Store: db, Key: b.Key, AllowPrivate: b.AllowPrivateTargets, Now: b.Now, NewID: auth.NewID}
	r.Courier = &notify.Courier{
		Store: db, Key: b.Key, Mail: r.Mail, Node: b.Node, AllowPrivate: b.AllowPrivateTargets, Now: b.Now, Log: b.Log,
	}
	post := &faxMail{db, r.Mail, b.PublicURL}
	r.Events = &fax.Events{Store: db, Now: b.Now, Log: b.Log, Hand: func(ctx context.Context, e fax.Event) error {
		if err := r.tellHooks(ctx, e); err != nil {
			return err
		}
		return post.tell(ctx, e) // the last: webhooks hear of an event once, however often it comes
	}}
	r.Sessions = &auth.Sessions{Store: db, Now: b.Now, NewID: auth.NewID}
	passwords := auth.NewPasswords(0)
	r.SignIn = &auth.SignIn{
		Store: db, Sessions: r.Sessions, Passwords: passwords, Throttle: throttle,
		Background: &auth.Background{Log: b.Log}, Now: b.Now, NewID: auth.NewID,
	}
	r.Accounts = &auth.Accounts{
		Store: db, Links: db, Passwords: passwords, Sessions: r.Sessions, SignIn: r.SignIn,
		Mail: r.Mail, Sealer: b.Key, PublicURL: b.PublicURL, Now: b.Now, NewID: auth.NewID,
	}
	r.Organizations = &auth.Organizations{Store: db, Now: b.Now, NewID: auth.NewID}
	r.Tokens = &auth.Tokens{Store: db, Now: b.Now, NewID: auth.NewID}
	r.Check = &auth.Check{Store: db, Now: b.Now, Fresh: db.Fresh}
	r.Clients = &oauth.Clients{Store: db, Now: b.Now, NewID: auth.NewID, Fresh: db.Fresh}
	r.Authorizations = &oauth.Authorizations{Store: db, Clients: r.Clients, Issuer: b.PublicURL, Now: b.Now, NewID: auth.NewID}
	authentication := &oauth.Authentication{Clients: r.Clients, Throttle: throttle, Now: b.Now}
	r.OAuth = &oauth.Tokens{Store: db, Authentication: authentication, Check: r.Check, Fresh: db.Fresh, Now: b.Now, NewID: auth.NewID}
	r.Numbers = &fax.Numbers{Store: db, Now: b.Now, NewID: auth.NewID}
	r.Trunks = &fax.Trunks{Store: db, Key: b.Key, Now: b.Now, NewID: auth.NewID}
	r.Uploads = &fax.Uploads{Store: db, Blobs: b.Blobs, Now: b.Now, NewID: auth.NewID}
	r.Outbox = &fax.Outbox{Store: db, Numbers: r.Numbers, Now: b.Now, NewID: auth.NewID}
	r.Faxes = &fax.Faxes{Store: db, Blobs: b.Blobs, Stamp: sheet.Stamped, Now: b.Now}
	r.Traces = &fax.Traces{Store: db, Blobs: b.Blobs, WithoutPages: capture.WithoutPages}
	r.Mail.Documents = documents{db, r.Faxes}
	r.Sweeper = &fax.Sweeper{Store: db, Blobs: b.Blobs, Now: b.Now, Log: b.Log}
	return r
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

func logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}
