// Package oauth decides what a client may do on behalf of a resource owner
// (RFC 6749, 7009, 7636, 7662, 8252, 8414, 9207, 9700). It knows no SQL, no HTTP
// and no HTML: requests come in as text, decisions and tokens go out.
//
// The authorization code flow as this server runs it:
//
//	GET /login?response_type=code&…   Authorizations.Request     unknown client or redirect URI: a page, never a redirect
//	        │                                                   anything else wrong: *Redirect with an error code
//	        ▼
//	   signed in? ── no ──► sign-in form, same query ──► again from the top
//	        │ yes
//	        ▼
//	   Remembered? ── yes ──► AuthorizeRemembered ┐             never for public clients and custom schemes
//	        │ no                                  │
//	        ▼                                     ▼
//	   NewTicket ──► consent page ──► Decide ──► code            one Grant, one code of 60 s
//	                                      │
//	                                      └─ Cancel ──► access_denied
//	POST /token  authorization_code      Tokens.Exchange         client first, then the code: used up in one step
//	POST /token  refresh_token                                   confidential: the same token; public: rotated
//
// What was granted hangs together in a Grant: a code that comes twice, a rotated
// refresh token that comes late, a withdrawn consent end the Grant and so every
// token under it.
package oauth

import (
	"time"

	"github.com/faxgate/faxgate/auth"
)

// The lifetimes of what this package hands out.
const (
	AccessTokenAge  = time.Hour
	CodeAge         = time.Minute
	TicketAge       = 10 * time.Minute
	RotationGrace   = 30 * time.Second // in which a rotated refresh token yields the same successor again
	clientFailures  = 20               // failed authentications of a client from one address, within auth.FailureWindow
	addressFailures = 200              // of all clients from one address
	maxStateLength  = 4096
	maxRedirectURI  = 2000
	maxClientName   = 100
	maxRedirectURIs = 50
	maxClients      = 100         // of one organization
	unknownFor      = time.Minute // how long an id is remembered that is no client's

	// MaxGrants is how many grants of one account and one client may live. A further
	// one ends the oldest: no program loses its way back in that uses what it got.
	MaxGrants = 100
)

// Grant is one authorization by a resource owner and all it led to.
type Grant struct {
	ID             string
	OrganizationID string
	AccountID      string
	ClientID       string
	Scope          string // as the client asked for it, to be echoed
	Scopes         auth.Scopes
	CreatedAt      time.Time
	LastUsedAt     time.Time // zero: never; minutes may pass before it is written
	RevokedAt      time.Time // zero: live
	RevokedReason  Reason
}

// Reason says why a grant ended, so that an invalid_grant can explain itself.
type Reason string

// The reasons.
const (
	CodeReplayed     Reason = "code_replayed"
	RefreshReplayed  Reason = "refresh_replayed"
	RevokedByClient  Reason = "revoked_by_client"
	ConsentWithdrawn Reason = "consent_withdrawn"
	ClientDeleted    Reason = "client_deleted"
	Superseded       Reason = "superseded"       // by MaxGrants newer ones
	Expired          Reason = "expired"          // under the Advanced Security Controls, some days ago
	RevokedByOwner   Reason = "revoked_by_owner" // with a changed password or a sign-out everywhere
)

// AuthorizationCode is what a redirect carries (RFC 6749 4.1.2).
type AuthorizationCode struct {
	Hash        auth.Hash
	RedirectURI string // as the client sent it
	Challenge   string // S256 code_challenge of RFC 7636; empty: none was sent
	CreatedAt   time.Time
	ExpiresAt   time.Time
	RedeemedAt  time.Time // zero: not yet
	Grant       Grant     // what it stands for
}

// RefreshToken keeps a grant going.
type RefreshToken struct {
	Hash auth.Hash
	Hint string
	// IssuedAt is when the authorization was given. A rotated successor keeps it:
	// rotation must not outlive the 30 days of the Advanced Security Controls.
	IssuedAt  time.Time
	RotatedAt time.Time // zero: the head of its family
	Successor []byte    // the next token's text, sealed under this one's; nil: none, or forgotten
	Grant     Grant
}

// Consent is a remembered decision.
type Consent struct {
	AccountID string
	ClientID  string
	Scopes    auth.Scopes
	GivenAt   time.Time
}
