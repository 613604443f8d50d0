package oauth_test

import (
	"context"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

// busyAuthorizations is a database that another process holds when a ticket is used.
type busyAuthorizations struct{ oauth.AuthorizationStore }

func (busyAuthorizations) RedeemTicket(context.Context, auth.Hash) (oauth.Ticket, error) {
	return oauth.Ticket{}, fault.New(fault.Unavailable, "busy").After(time.Second)
}

func TestABusyDatabaseUsesNoTicketUp(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, ask := o.app(t, oauth.Registration{})
		ticket, err := o.authorizations.NewTicket(t.Context(), o.member, ask("all"))
		is(t, "a ticket", err, "")
		o.authorizations.Store = busyAuthorizations{o.db}
		_, err = o.authorizations.Decide(t.Context(), o.member, ticket, true)
		is(t, "the decision on a busy database", err, "busy")
		o.authorizations.Store = o.db
		_, err = o.authorizations.Decide(t.Context(), o.member, ticket, true)
		is(t, "the same decision later", err, "")
	})
}
