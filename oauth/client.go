package oauth

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// Client is a program that may ask resource owners for access (RFC 6749 2).
type Client struct {
	ID             string // APIK-…
	OrganizationID string
	Name           string // client_name of RFC 7591; need not be unique
	RegisteredBy   string // e-mail address, or "command line"
	Public         bool   // cannot keep a secret: PKCE is required, refresh tokens rotate
	PKCERequired   bool
	// ClientHeader demands x-fax-clientid with this client's access tokens.
	ClientHeader bool
	RedirectURIs []string
	Secrets      []Secret
	CreatedAt    time.Time
	LastUsedAt   time.Time // of /token; zero: never
	// QueryUses counts the token requests with parameters in the URL, a habit that
	// the owner should know of.
	QueryUses int64
}

// Secret is a client secret as the database has it.
type Secret struct {
	ID        string
	Hash      auth.Hash
	Hint      string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never; set on the one that was replaced
}

// NeedsChallenge reports whether an authorization request must carry a
// code_challenge (RFC 9700 2.1.1).
func (c Client) NeedsChallenge() bool { return c.Public || c.PKCERequired }

// ClientStore is what the rules of clients need of the database.
type ClientStore interface {
	// PutClient stores a new client with its secrets and redirect URIs, unless the
	// organization has most of them already: then fault.Conflict "clients_too_many".
	PutClient(ctx context.Context, c Client, most int, a auth.Audit) error
	// ClientByID finds a client with its secrets and redirect URIs, or
	// fault.NotFound.
	ClientByID(ctx context.Context, id string) (Client, error)
	// Clients lists those of an organization, the oldest first.
	Clients(ctx context.Context, organizationID string) ([]Client, error)
	// ChangeClient reads, changes and writes a client of the organization in one
	// step, redirect URIs and secrets included. change may be called more than once.
	ChangeClient(ctx context.Context, organizationID, id string, change func(*Client) error, a auth.Audit) error
	// DeleteClient removes a client of the organization and ends its grants.
	DeleteClient(ctx context.Context, organizationID, id string, at time.Time, a auth.Audit) error
	// PublicRedirectURIs lists the redirect URIs of all public clients.
	PublicRedirectURIs(ctx context.Context) ([]string, error)
}

// Clients are the rules of clients: who may register and change them, and what
// they look like.
type Clients struct {
	Store ClientStore
	Now   func() time.Time
	NewID func() string
	// Fresh reports whether changes of the last second have been heard of. Nil:
	// always.
	Fresh func() bool

	known   auth.Cache[string, Client]
	unknown auth.Cache[string, time.Time] // ids of no client, until then
	origins auth.Cache[string, []string]
}

// Registration is what an owner or admin says of a new client.
type Registration struct {
	Name         string // empty: "OAuth app"
	RedirectURIs []string
	Public       bool
	PKCERequired bool
	AllowHTTP    bool // the warning about plain http was confirmed
}

// Register makes a client. The secret is returned here and never again; a public
// client has none.
func (x *Clients) Register(ctx context.Context, c auth.Caller, in Registration) (client Client, secret string, err error) {
	if err := mayRegister(c); err != nil {
		return Client{}, "", err
	}
	return x.register(ctx, c, in, maxClients)
}

// register makes a client where there are fewer than most.
func (x *Clients) register(ctx context.Context, c auth.Caller, in Registration, most int) (client Client, secret string, err error) {
	client = Client{
		ID: auth.NewClientID(), OrganizationID: c.Organization.ID, RegisteredBy: registrar(c),
		Public: in.Public, PKCERequired: in.PKCERequired || in.Public, ClientHeader: true, CreatedAt: x.Now(),
	}
	if err := client.setName(in.Name); err != nil {
		return Client{}, "", err
	}
	for _, uri := range in.RedirectURIs {
		if err := client.addRedirectURI(uri, in.AllowHTTP); err != nil {
			return Client{}, "", err
		}
	}
	if !in.Public {
		var s Secret
		secret, s = x.newSecret()
		client.Secrets = []Secret{s}
	}
	return client, secret, x.Store.PutClient(ctx, client, most, c.Audit(x.NewID(), x.Now(), "client.create", client.ID, client.Name))
}

// Activate makes the organization's first client, without any input. Where there
// is one already it is fault.Conflict "oauth_active": pressing the button twice
// makes no second one.
func (x *Clients) Activate(ctx context.Context, c auth.Caller) (Client, string, error) {
	if err := mayRegister(c); err != nil {
		return Client{}, "", err
	}
	client, secret, err := x.register(ctx, c, Registration{}, 1)
	if fault.HasCode(err, "clients_too_many") {
		err = fault.New(fault.Conflict, "oauth_active")
	}
	if err != nil {
		return Client{}, "", err
	}
	return client, secret, nil
}

func (x *Clients) newSecret() (string, Secret) {
	text := auth.NewSecret(auth.ClientSecret)
	return text, Secret{ID: x.NewID(), Hash: auth.HashOf(text), Hint: auth.Hint(text), CreatedAt: x.Now()}
}

// registrar is in whose name a client is registered: also at the command line that of
// an account, where there is one.
func registrar(c auth.Caller) string { return cmp.Or(c.Account.Email, c.Actor().Name) }

// mayRegister looks at the role even at the command line: a client is registered in
// the name of an account.
func mayRegister(c auth.Caller) error {
	if !c.Account.Role.Administers() {
		return auth.RoleRequired("admin")
	}
	return c.Organization.RequireAPI()
}

// List gives the organization's clients.
func (x *Clients) List(ctx context.Context, c auth.Caller) ([]Client, error) {
	if !c.Administers() {
		return nil, auth.RoleRequired("admin")
	}
	return x.Store.Clients(ctx, c.Organization.ID)
}

// Client finds one of the organization's clients for its administrator.
func (x *Clients) Client(ctx context.Context, c auth.Caller, id string) (Client, error) {
	if !c.Administers() {
		return Client{}, auth.RoleRequired("admin")
	}
	client, err := x.Store.ClientByID(ctx, id)
	if err != nil || client.OrganizationID != c.Organization.ID {
		return Client{}, orUnknown(err)
	}
	return client, nil
}

func orUnknown(err error) error {
	if err == nil || errors.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "client_unknown")
	}
	return err
}

// Settings are what an owner or admin may change of a client.
type Settings struct {
	Name         string
	PKCERequired bool
	ClientHeader bool
}

// Change applies new settings.
func (x *Clients) Change(ctx context.Context, c auth.Caller, id string, in Settings) error {
	return x.change(ctx, c, id, "client.edit", in.Name, func(client *Client) error {
		client.PKCERequired, client.ClientHeader = in.PKCERequired || client.Public, in.ClientHeader
		return client.setName(in.Name)
	})
}

// SetRedirectURIs replaces the list. Empty ones are left out.
func (x *Clients) SetRedirectURIs(ctx context.Context, c auth.Caller, id string, uris []string, allowHTTP bool) error {
	return x.change(ctx, c, id, "client.redirect_uris", "", func(client *Client) error {
		before := client.RedirectURIs
		client.RedirectURIs = nil
		for _, uri := range uris {
			if uri = strings.TrimSpace(uri); uri == "" {
				continue
			}
			if err := client.addRedirectURI(uri, allowHTTP || slices.Contains(before, uri)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReplaceSecret gives the client a new secret. The old ones work for the grace
// that is given, then no more.
func (x *Clients) ReplaceSecret(ctx context.Context, c auth.Caller, id string, grace time.Duration) (secret string, err error) {
	secret, s := x.newSecret()
	return secret, x.change(ctx, c, id, "client.secret", "", func(client *Client) error {
		if client.Public {
			return fault.New(fault.Conflict, "client_public")
		}
		end := x.Now().Add(grace)
		kept := client.Secrets[:0]
		for _, old := range client.Secrets {
			if old.ExpiresAt.IsZero() || old.ExpiresAt.After(end) {
				old.ExpiresAt = end
			}
			if old.ExpiresAt.After(x.Now()) {
				kept = append(kept, old)
			}
		}
		client.Secrets = append(kept, s)
		return nil
	})
}

// Delete removes a client and ends every grant it holds.
func (x *Clients) Delete(ctx context.Context, c auth.Caller, id string) error {
	client, err := x.Client(ctx, c, id)
	if err != nil {
		return err
	}
	return x.Store.DeleteClient(ctx, c.Organization.ID, id, x.Now(), c.Audit(x.NewID(), x.Now(), "client.delete", id, client.Name))
}

func (x *Clients) change(ctx context.Context, c auth.Caller, id, action, detail string, change func(*Client) error) error {
	if err := mayRegister(c); err != nil {
		return err
	}
	return x.Store.ChangeClient(ctx, c.Organization.ID, id, change, c.Audit(x.NewID(), x.Now(), action, id, detail))
}

// Known finds a client by its id, remembered or from the database. An unknown one
// is fault.NotFound.
func (x *Clients) Known(ctx context.Context, id string) (Client, error) {
	fresh := x.Fresh == nil || x.Fresh()
	if fresh {
		if c, ok := x.known.Get(id); ok {
			return c, nil
		}
	}
	if !auth.IsClientID(id) {
		return Client{}, fault.New(fault.NotFound, "client_unknown")
	}
	if until, ok := x.unknown.Get(id); fresh && ok && x.Now().Before(until) {
		return Client{}, fault.New(fault.NotFound, "client_unknown")
	}
	known, unknown := x.known.Generation(), x.unknown.Generation()
	c, err := x.Store.ClientByID(ctx, id)
	switch {
	case fresh && err == nil:
		x.known.Put(id, c, known)
	case fresh && errors.Is(err, fault.NotFound): // or its time would tell it from a known one
		x.unknown.Put(id, x.Now().Add(unknownFor), unknown)
	}
	return c, err
}

// PublicOrigin reports whether a page of that origin belongs to a public client:
// only those may call this server from a browser.
func (x *Clients) PublicOrigin(ctx context.Context, origin string) (bool, error) {
	fresh := x.Fresh == nil || x.Fresh()
	uris, ok := x.origins.Get("")
	if !ok || !fresh {
		generation := x.origins.Generation()
		var err error
		if uris, err = x.Store.PublicRedirectURIs(ctx); err != nil {
			return false, err
		}
		if fresh {
			x.origins.Put("", uris, generation)
		}
	}
	for _, uri := range uris {
		if rest, found := strings.CutPrefix(uri, origin); found && (rest == "" || rest[0] == '/' || rest[0] == '?') {
			return !customScheme(origin), nil
		}
	}
	return false, nil
}

// Forget drops what the changes make stale.
func (x *Clients) Forget(changes []auth.Change) {
	for _, c := range changes {
		if c.Kind == auth.ClientChanged {
			x.known.Drop(c.Subject)
			x.unknown.Drop(c.Subject)
			x.origins.Drop("")
		}
	}
}

// ForgetAll drops everything: after the feed of changes had a gap.
func (x *Clients) ForgetAll() {
	x.known.DropIf(func(string, Client) bool { return true })
	x.unknown.DropIf(func(string, time.Time) bool { return true })
	x.origins.Drop("")
}

func (c *Client) setName(name string) error {
	name = strings.TrimSpace(name)
	if name == "" {
		name = "OAuth app"
	}
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxClientName {
		return fault.New(fault.Invalid, "client_name_too_long", "most", maxClientName).At("name")
	}
	c.Name = name
	return nil
}

func (c *Client) addRedirectURI(uri string, allowHTTP bool) error {
	uri = strings.TrimSpace(uri)
	if err := CheckRedirectURI(uri, allowHTTP); err != nil {
		return err
	}
	if len(c.RedirectURIs) >= maxRedirectURIs {
		return fault.New(fault.Invalid, "redirect_uris_too_many", "most", maxRedirectURIs).At("redirect_uri")
	}
	if !slices.Contains(c.RedirectURIs, uri) {
		c.RedirectURIs = append(c.RedirectURIs, uri)
	}
	return nil
}
