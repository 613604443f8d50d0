package store_test

import (
	"github.com/go-chi/httprate"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
)

// The database is all that the rules ask for.
var (
	_ auth.AccountStore        = (*store.DB)(nil)
	_ auth.CheckStore          = (*store.DB)(nil)
	_ auth.LinkStore           = (*store.DB)(nil)
	_ auth.OrganizationStore   = (*store.DB)(nil)
	_ auth.SessionStore        = (*store.DB)(nil)
	_ auth.SignInStore         = (*store.DB)(nil)
	_ auth.TokenStore          = (*store.DB)(nil)
	_ oauth.AuthorizationStore = (*store.DB)(nil)
	_ oauth.ClientStore        = (*store.DB)(nil)
	_ oauth.TokenStore         = (*store.DB)(nil)
	_ notify.Store             = (*store.DB)(nil)
	_ fax.DeliveryStore        = (*store.DB)(nil)
	_ fax.EventStore           = (*store.DB)(nil)
	_ fax.FaxStore             = (*store.DB)(nil)
	_ fax.NumberStore          = (*store.DB)(nil)
	_ fax.OutboxStore          = (*store.DB)(nil)
	_ fax.ReceiverStore        = (*store.DB)(nil)
	_ fax.SweepStore           = (*store.DB)(nil)
	_ fax.UploadStore          = (*store.DB)(nil)
	_ notify.HookStore         = (*store.DB)(nil)
	_ notify.CourierStore      = (*store.DB)(nil)
	_ httprate.LimitCounter    = (*store.SharedCounter)(nil)
)
