// Package auth knows who is calling: organizations, their accounts, passwords,
// browser sessions, one-time links, scopes, tokens, and the Advanced Security
// Controls (NIST SP 800-63B-4, RFC 6750). A personal access token and an OAuth
// access token are one type and one check; a personal access token is a token
// without a client.
//
// The package knows no SQL, no HTTP and no HTML. Each group of rules declares the
// store methods that it needs; package store has them all.
package auth

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// Caller is who makes a request: a person with a browser session, or a program
// with a token that acts for an account.
type Caller struct {
	Account      Account
	Organization Organization
	Scopes       Scopes // of the token; All for a person in the browser
	TokenID      string // empty: a browser session
	ClientID     string // empty: no OAuth client
	Session      Session
	Address      string // the remote address, after trusted proxies
	// Self keeps what the caller was told about itself. Nil: nothing does.
	Self *Memo
	// Operator is set for the administrator at the command line, who stands above
	// the roles of the organization.
	Operator bool
}

// Actor is who did something, as the audit record keeps it.
type Actor struct {
	AccountID string
	Name      string // e-mail address, "command line", or a client's name
	Address   string
	TokenID   string // the token that a program did it with; empty: none
	ClientID  string // the OAuth client that did it; empty: none
}

// Actor names the caller for the audit record.
func (c Caller) Actor() Actor {
	if c.Operator {
		return Actor{Name: "command line"}
	}
	return Actor{
		AccountID: c.Account.ID, Name: c.Account.Email, Address: c.Address, TokenID: c.TokenID, ClientID: c.ClientID,
	}
}

// Operator is the caller of an administrative command on the server itself.
func Operator(o Organization) Caller {
	return Caller{
		Account:      Account{OrganizationID: o.ID, Role: Owner, Status: Active},
		Organization: o,
		Scopes:       All,
		Operator:     true,
	}
}

// Administers reports whether the caller may manage the organization's accounts.
func (c Caller) Administers() bool { return c.Operator || c.Account.Role.Administers() }

// Owns reports whether the caller may change what only an owner may.
func (c Caller) Owns() bool { return c.Operator || c.Account.Role == Owner }

// Mailer sends one mail of a known kind. The kinds and their texts are notify's.
type Mailer interface {
	// Configured reports whether mail can be sent at all.
	Configured() bool
	// SendMail queues a mail. It returns once the mail is stored.
	SendMail(ctx context.Context, to, language, kind string, params map[string]any) error
}

// Audit is one record of something that matters for security.
type Audit struct {
	ID             string
	OrganizationID string
	At             time.Time
	Actor          Actor
	Action         string // token.create, client.delete, …
	ObjectID       string // the token, client, account, … that it was done to
	Detail         string // a few words; never a secret
}

// Audit records what the caller did, in its organization.
func (c Caller) Audit(id string, at time.Time, action, object, detail string) Audit {
	return Audit{
		ID: id, OrganizationID: c.Organization.ID, At: at, Actor: c.Actor(),
		Action: action, ObjectID: object, Detail: detail,
	}
}

// Change tells other parts, and other nodes, to forget what they remember.
type Change struct {
	Seq     int64
	Kind    ChangeKind
	Subject string // see the kinds
}

// ChangeKind says what a Change's subject is.
type ChangeKind string

// The kinds of change.
const (
	TokenChanged        ChangeKind = "token"        // subject: the hash in hexadecimal digits
	GrantChanged        ChangeKind = "grant"        // subject: the grant's id
	ClientChanged       ChangeKind = "client"       // subject: the client id
	AccountChanged      ChangeKind = "account"      // subject: the account's id
	OrganizationChanged ChangeKind = "organization" // subject: the organization's id
	TrunkChanged        ChangeKind = "trunk"        // subject: the trunk's id
)

// RoleRequired is the refusal of what the caller's role does not permit:
// fault.Forbidden "role_required". needed is the lowest role that permits it, or
// "operator" for what only an administrative command does.
func RoleRequired(needed string) error {
	return fault.New(fault.Forbidden, "role_required", "role", needed)
}
