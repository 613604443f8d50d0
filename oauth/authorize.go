package oauth

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// AuthorizationRequest is a request that may be put before a person (RFC 6749
// 4.1.1): its client is known and its redirect URI is one of the client's.
type AuthorizationRequest struct {
	Client      Client
	RedirectURI string
	State       string // byte for byte; empty: none was sent
	Scope       string // as asked, or "all" when absent
	Scopes      auth.Scopes
	Challenge   string // S256; empty: none
	Query       string // the whole query, to ask the same again after the sign-in
}

// Redirect is the end of an authorization request that the client may hear of: a
// code, or an error (RFC 6749 4.1.2, 4.1.2.1, with iss of RFC 9207).
type Redirect struct {
	RedirectURI string
	State       string
	Issuer      string
	Code        string // secret; empty with an error
	Err         *Error // nil with a code
}

// Error is the text for logs.
func (r *Redirect) Error() string {
	if r.Err == nil {
		return "redirect with a code"
	}
	return r.Err.Error()
}

// Location is the URL to send the browser to.
func (r *Redirect) Location() string {
	q := make(url.Values, 4)
	if r.Err != nil {
		q.Set("error", string(r.Err.Code))
		q.Set("error_description", r.Err.Description)
	} else {
		q.Set("code", r.Code)
	}
	if r.State != "" {
		q.Set("state", r.State)
	}
	q.Set("iss", r.Issuer)
	separator := "?"
	if strings.Contains(r.RedirectURI, "?") { // RFC 6749 3.1.2: a query of the client's own stays
		separator = "&"
	}
	return r.RedirectURI + separator + q.Encode()
}

// AuthorizationStore is what the authorization endpoint needs of the database.
type AuthorizationStore interface {
	// ConsentOf finds a remembered decision, or fault.NotFound.
	ConsentOf(ctx context.Context, accountID, clientID string) (Consent, error)
	// PutTicket stores the consent page's ticket.
	PutTicket(ctx context.Context, t Ticket) error
	// RedeemTicket uses a ticket up and gives it; an unknown or used one:
	// fault.NotFound.
	RedeemTicket(ctx context.Context, h auth.Hash) (Ticket, error)
	// PutAuthorization stores in one step a grant, its code, and the decision to
	// remember; nil: it is remembered already. A client that was deleted meanwhile, and
	// a decision that was taken back ("consent_unknown"): fault.NotFound. Of more than
	// MaxGrants the oldest ends.
	PutAuthorization(ctx context.Context, code AuthorizationCode, decision *Consent, a auth.Audit) error
	// Grants lists the live grants of an account that led to tokens, the latest
	// first.
	Grants(ctx context.Context, accountID string) ([]ConnectedGrant, error)
	// RevokeClientGrants withdraws an account's consent to a client and ends all of
	// its grants. Where there is neither: fault.NotFound "consent_unknown".
	RevokeClientGrants(ctx context.Context, accountID, clientID string, reason Reason, at time.Time, a auth.Audit) error
	// PutAudit stores a record on its own.
	PutAudit(ctx context.Context, a auth.Audit) error
}

// Ticket stands for one consent page: it is single use, and works only for the
// session it was made for.
type Ticket struct {
	Hash      auth.Hash
	SessionID string
	Query     string
	ExpiresAt time.Time
}

// ConnectedGrant is a grant as its owner sees it.
type ConnectedGrant struct {
	Grant
	ClientName      string
	RefreshIssuedAt time.Time
}

// Authorizations is the authorization endpoint: from a request to a code.
type Authorizations struct {
	Store   AuthorizationStore
	Clients *Clients
	Issuer  string // RFC 8414: the public URL
	Now     func() time.Time
	NewID   func() string
}

// Request reads an authorization request. A fault means that it must not redirect:
// the client or the redirect URI is unknown (RFC 6749 4.1.2.1). A *Redirect as the
// error goes back to the client.
func (x *Authorizations) Request(ctx context.Context, query string) (AuthorizationRequest, error) {
	f, formErr := ParseForm(query, "")
	client, err := x.client(ctx, f.Get("client_id"))
	if err != nil {
		return AuthorizationRequest{}, err
	}
	uri := f.Get("redirect_uri")
	if uri == "" {
		return AuthorizationRequest{}, fault.New(fault.Invalid, "authorize_redirect_uri_missing", "client", client.Name)
	}
	if !MatchRedirectURI(client.RedirectURIs, uri) {
		return AuthorizationRequest{}, fault.New(fault.Invalid, "authorize_redirect_uri_unknown",
			"client", client.Name, "uri", cutText(uri, 300)).Because(&redirectMismatch{client.ID, uri})
	}
	r := AuthorizationRequest{
		Client: client, RedirectURI: uri, State: f.Get("state"), Scope: f.Get("scope"),
		Challenge: f.Get("code_challenge"), Query: query,
	}
	if e := r.check(&f, formErr); e != nil {
		return AuthorizationRequest{}, x.redirect(r, "", e)
	}
	return r, nil
}

// redirectMismatch carries the URI that was asked for to the log line, without its
// query: what stands in there is the client's business.
type redirectMismatch struct{ clientID, uri string }

func (m *redirectMismatch) Error() string {
	uri, _, _ := strings.Cut(m.uri, "?")
	return "client " + m.clientID + " asked for redirect URI " + cutText(uri, 300)
}

func (x *Authorizations) client(ctx context.Context, id string) (Client, error) {
	if id == "" {
		return Client{}, fault.New(fault.Invalid, "authorize_client_missing")
	}
	client, err := x.Clients.Known(ctx, id)
	if errors.Is(err, fault.NotFound) {
		return Client{}, fault.New(fault.Invalid, "authorize_client_unknown")
	}
	return client, err
}

// check refuses what the client may hear of.
func (r *AuthorizationRequest) check(f *Form, formErr error) *Error {
	var e *Error
	if errors.As(formErr, &e) {
		return e
	}
	if len(r.State) > maxStateLength {
		r.State = ""
		return Refuse(InvalidRequest, "state is longer than %d bytes. Send a short random value and keep the rest on your side.", maxStateLength)
	}
	switch t := f.Get("response_type"); t {
	case "code":
	case "":
		return Refuse(InvalidRequest, "response_type is missing. Send response_type=code.")
	default:
		return Refuse(UnsupportedResponseType, "response_type is not supported. This server answers response_type=code alone.")
	}
	if m := f.Get("response_mode"); m != "" && m != "query" {
		return Refuse(InvalidRequest, "response_mode is not supported. This server answers response_mode=query alone.")
	}
	if e := r.checkChallenge(f.Get("code_challenge_method")); e != nil {
		return e
	}
	return r.checkScope()
}

// checkChallenge holds RFC 7636 and RFC 9700 2.1.1: S256 or nothing, and not
// nothing where the client must not go without.
func (r *AuthorizationRequest) checkChallenge(method string) *Error {
	switch {
	case r.Challenge == "" && r.Client.NeedsChallenge():
		return Refuse(InvalidRequest, "code_challenge is missing. This client must use PKCE with code_challenge_method=S256.")
	case r.Challenge == "" && method != "":
		return Refuse(InvalidRequest, "code_challenge_method was sent without code_challenge.")
	case r.Challenge == "":
		return nil
	case method != "S256": // RFC 7636 4.3: an absent method means plain
		return Refuse(InvalidRequest, "code_challenge_method must be S256.")
	case !wellFormedChallenge(r.Challenge):
		return Refuse(InvalidRequest, "code_challenge is not an S256 challenge, which has 43 characters of base64url without padding.")
	}
	return nil
}

func (r *AuthorizationRequest) checkScope() *Error {
	if strings.TrimSpace(r.Scope) == "" {
		r.Scope = "all"
	}
	scopes, err := auth.ParseScopes(r.Scope)
	if err != nil {
		return scopeError(err)
	}
	if !scopes.Offered() {
		return Refuse(InvalidScope, "The fax:shop scopes are not offered: this server sells no numbers.")
	}
	r.Scopes = scopes
	return nil
}

func scopeError(err error) *Error {
	e := fault.Of(err)
	return Refuse(InvalidScope, "The scope '%s' is unknown. Did you mean %s?", e.Params["scope"], e.Params["nearest"])
}

// Remembered reports whether the person decided about this client and these
// scopes before, so that nobody need be asked again. Public clients and custom
// schemes are always asked about: another program may pose as them (RFC 8252 8.6).
func (x *Authorizations) Remembered(ctx context.Context, c auth.Caller, r AuthorizationRequest) (bool, error) {
	if r.Client.Public || customScheme(r.RedirectURI) {
		return false, nil
	}
	consent, err := x.Store.ConsentOf(ctx, c.Account.ID, r.Client.ID)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	return r.Scopes.Within(consent.Scopes), err
}

// Available reports whether the client may ask this person at all: it belongs to
// the same organization, which has API access.
func (x *Authorizations) Available(c auth.Caller, r AuthorizationRequest) error {
	if r.Client.OrganizationID != c.Organization.ID {
		return fault.New(fault.Forbidden, "client_of_another_organization", "email", c.Account.Email)
	}
	return c.Organization.RequireAPI()
}

// NewTicket makes the ticket for a consent page.
func (x *Authorizations) NewTicket(ctx context.Context, c auth.Caller, r AuthorizationRequest) (ticket string, err error) {
	ticket = auth.NewSecret(auth.ConsentTicket)
	return ticket, x.Store.PutTicket(ctx, Ticket{
		Hash: auth.HashOf(ticket), SessionID: c.Session.ID, ExpiresAt: x.Now().Add(TicketAge),
		Query: strings.ToValidUTF8(r.Query, ""), // unknown parameters may hold anything
	})
}

// Decide ends a consent page: with allow a code, otherwise access_denied. A ticket
// of another session, a used one and an old one are fault.Forbidden
// "consent_ticket".
func (x *Authorizations) Decide(ctx context.Context, c auth.Caller, ticket string, allow bool) (*Redirect, error) {
	if !auth.WellFormed(auth.ConsentTicket, ticket) {
		return nil, deadTicket()
	}
	t, err := x.Store.RedeemTicket(ctx, auth.HashOf(ticket))
	unknown := errors.Is(err, fault.NotFound)
	if err != nil && !unknown {
		return nil, err
	}
	if unknown || t.SessionID != c.Session.ID || !x.Now().Before(t.ExpiresAt) {
		return nil, deadTicket()
	}
	r, err := x.Request(ctx, t.Query) // again: the client may have changed while the page stood open
	if err != nil {
		return nil, err
	}
	if err := x.Available(c, r); err != nil {
		return nil, err
	}
	if !allow {
		a := c.Audit(x.NewID(), x.Now(), "consent.deny", r.Client.ID, r.Client.Name)
		return x.redirect(r, "", Refuse(AccessDenied, "The account's owner pressed Cancel.")), x.Store.PutAudit(ctx, a)
	}
	decision := Consent{AccountID: c.Account.ID, ClientID: r.Client.ID, Scopes: r.Scopes, GivenAt: x.Now()}
	before, err := x.Store.ConsentOf(ctx, c.Account.ID, r.Client.ID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return nil, err
	}
	decision.Scopes |= before.Scopes
	return x.authorize(ctx, c, r, &decision)
}

func deadTicket() error { return fault.New(fault.Forbidden, "consent_ticket", "age", TicketAge) }

// AuthorizeRemembered makes a grant and its code from a remembered decision. One that
// was taken back meanwhile is fault.NotFound "consent_unknown".
func (x *Authorizations) AuthorizeRemembered(ctx context.Context, c auth.Caller, r AuthorizationRequest) (*Redirect, error) {
	return x.authorize(ctx, c, r, nil)
}

func (x *Authorizations) authorize(ctx context.Context, c auth.Caller, r AuthorizationRequest, decision *Consent) (*Redirect, error) {
	now := x.Now()
	secret := auth.NewSecret(auth.AuthorizationCode)
	code := AuthorizationCode{
		Hash: auth.HashOf(secret), RedirectURI: r.RedirectURI, Challenge: r.Challenge,
		CreatedAt: now, ExpiresAt: now.Add(CodeAge),
		Grant: Grant{
			ID: x.NewID(), OrganizationID: c.Organization.ID, AccountID: c.Account.ID, ClientID: r.Client.ID,
			Scope: r.Scope, Scopes: r.Scopes, CreatedAt: now,
		},
	}
	a := c.Audit(x.NewID(), x.Now(), "consent.allow", r.Client.ID, r.Client.Name+": "+r.Scopes.String())
	if decision == nil {
		a.Action = "consent.again"
	}
	if err := x.Store.PutAuthorization(ctx, code, decision, a); err != nil {
		return nil, err
	}
	return x.redirect(r, secret, nil), nil
}

// Connected lists who may act for the caller.
func (x *Authorizations) Connected(ctx context.Context, c auth.Caller) ([]ConnectedGrant, error) {
	return x.Store.Grants(ctx, c.Account.ID)
}

// Withdraw takes the caller's consent to a client back and ends all it led to. Where
// there is nothing to take back it is fault.NotFound "consent_unknown".
func (x *Authorizations) Withdraw(ctx context.Context, c auth.Caller, clientID string) error {
	return x.Store.RevokeClientGrants(ctx, c.Account.ID, clientID, ConsentWithdrawn, x.Now(), c.Audit(x.NewID(), x.Now(), "consent.withdraw", clientID, ""))
}

func (x *Authorizations) redirect(r AuthorizationRequest, code string, e *Error) *Redirect {
	return &Redirect{RedirectURI: r.RedirectURI, State: r.State, Issuer: x.Issuer, Code: code, Err: e}
}

func cutText(s string, most int) string {
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
