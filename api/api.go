// Package api is the front for programs: JSON over HTTP. It holds the
// authorization policy as one table of routes, the bearer check at its door, the
// back channel of OAuth 2.0, and the resources of the fax account. openapi.yaml
// describes all of it; a test holds the table and the answers against it.
package api

import (
	"net/http"
	"sync"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/oauth"
)

// Server serves everything that programs call.
type Server struct {
	Check     *auth.Check
	Accounts  *auth.Accounts
	Tokens    *oauth.Tokens
	Clients   *oauth.Clients
	Outbox    *fax.Outbox
	Faxes     *fax.Faxes
	Traces    *fax.Traces
	Uploads   *fax.Uploads
	Numbers   *fax.Numbers
	Hooks     *notify.Hooks
	Board     *fax.Board // of the calls of this node; nil: none are shown
	Reports   Reports
	PublicURL string // the issuer; without a slash at the end
	Health    Health
	// TokenQuota bounds calls of /token by address, CallQuota calls of the API by
	// token, per minute. The zero value bounds nothing.
	TokenQuota, CallQuota Quota

	refusals sync.Map // of *refusal by refusalKey
}

// route is one line of the policy: what a call needs, and who answers it.
type route struct {
	pattern string // method and path, as in http.ServeMux
	need
	serve handler
}

// need is what a call needs of a token: any of the scopes; the refusal names the
// narrowest of them.
type need struct{ anyOf, narrowest auth.Scopes }

// handler answers a call of a known caller.
type handler func(w http.ResponseWriter, r *http.Request, c auth.Caller) error

// routes is the authorization policy of the API.
func (s *Server) routes() []route {
	var (
		readMembers = need{auth.FaxAllRead | auth.MemberRead, auth.MemberRead}
		editMembers = need{auth.FaxAllEdit | auth.MemberEdit, auth.MemberEdit}
		readAccount = need{auth.FaxAllRead | auth.MemberRead | auth.UserRead, auth.UserRead}
		editAccount = need{auth.FaxAllEdit | auth.MemberEdit | auth.UserEdit, auth.UserEdit}
		readNumbers = need{auth.FaxAllRead | auth.NumbersRead, auth.NumbersRead}
		editNumbers = need{auth.FaxAllEdit | auth.NumbersEdit, auth.NumbersEdit}
		readFaxes   = need{auth.FaxAllRead | auth.FaxRead, auth.FaxRead}
		editFaxes   = need{auth.FaxAllEdit | auth.FaxEdit, auth.FaxEdit}
		uploadFiles = need{auth.FaxAllEdit | auth.FaxEdit | auth.FileEdit, auth.FileEdit}
		readHooks   = need{auth.FaxAllRead | auth.WebhookRead, auth.WebhookRead}
		editHooks   = need{auth.FaxAllEdit | auth.WebhookEdit, auth.WebhookEdit}
	)
	return []route{
		{"GET /v3/accounts", readMembers, s.listAccounts},
		{"GET /v3/accounts/{user_id}", readAccount, s.getAccount},
		{"PUT /v3/accounts/{user_id}", editAccount, s.putAccount},
		{"GET /v3/accounts/self/member-details/{member_id}", readMembers, s.getMemberDetail},
		{"PUT /v3/accounts/self/member-details/{member_id}", editMembers, s.putMemberDetail},

		{"GET /v3/accounts/{user_id}/numbers", readNumbers, s.readable(s.listNumbers)},
		{"GET /v3/accounts/{user_id}/numbers/{number}", readNumbers, s.readable(s.getNumber)},
		{"PUT /v3/accounts/{user_id}/numbers/{number}", editNumbers, s.assignNumber},
		{"POST /v3/accounts/{user_id}/numbers/{number}", editNumbers, s.assignNumber},
		{"DELETE /v3/accounts/{user_id}/numbers/{number}", editNumbers, s.revokeNumber},

		{"GET /v3/accounts/{user_id}/faxes", readFaxes, s.readable(s.listFaxes)},
		{"PUT /v3/accounts/{user_id}/faxes", editFaxes, s.whole(s.putFaxes)},
		{"DELETE /v3/accounts/{user_id}/faxes", editFaxes, s.whole(s.deleteFaxes)},
		{"GET /v3/accounts/{user_id}/faxes/{fax_id}", readFaxes, s.readable(s.getFax)},
		{"PUT /v3/accounts/{user_id}/faxes/{fax_id}", editFaxes, s.whole(s.putFax)},
		{"DELETE /v3/accounts/{user_id}/faxes/{fax_id}", editFaxes, s.whole(s.deleteFax)},
		{"GET /v3/accounts/{user_id}/files/{fax_id}", readFaxes, s.readable(s.download)},
		{"GET /v3/accounts/{user_id}/report/{fax_id}", readFaxes, s.readable(s.report)},

		{"POST /v3/accounts/{user_id}/files", uploadFiles, s.whole(s.upload)},
		{"GET /v3/accounts/{user_id}/outbox", readFaxes, s.whole(s.listOutbox)},
		{"POST /v3/accounts/{user_id}/outbox", editFaxes, s.whole(s.submit)},
		{"PUT /v3/accounts/{user_id}/outbox", editFaxes, s.whole(s.putJobs)},
		{"DELETE /v3/accounts/{user_id}/outbox", editFaxes, s.whole(s.deleteJobs)},
		{"GET /v3/accounts/{user_id}/outbox/{outbox_id}", readFaxes, s.whole(s.getJob)},
		{"PUT /v3/accounts/{user_id}/outbox/{outbox_id}", editFaxes, s.whole(s.putJob)},
		{"DELETE /v3/accounts/{user_id}/outbox/{outbox_id}", editFaxes, s.whole(s.deleteJob)},

		{"GET /v3/hooks", readHooks, s.listHooks},
		{"POST /v3/hooks", editHooks, s.createHook},
		{"DELETE /v3/hooks/{hook_id}", editHooks, s.deleteHook},
	}
}

// absent are the calls of the wire that belong to a hosted service: the shop, whose
// numbers a self-hosted server does not sell, and what reads faxes by AI.
func (s *Server) absent() []route {
	var (
		readShop = need{auth.FaxAllRead | auth.ShopRead, auth.FaxAllRead} // no token is offered the shop's own
		editShop = need{auth.FaxAllEdit | auth.ShopEdit, auth.FaxAllEdit}
		readFax  = need{auth.FaxAllRead | auth.FaxRead, auth.FaxRead}
		editFax  = need{auth.FaxAllEdit | auth.FaxEdit, auth.FaxEdit}
	)
	return []route{
		{"GET /v3/shop/balance", readShop, notAvailable},
		{"GET /v3/shop/numbers/countries", readShop, notAvailable},
		{"GET /v3/shop/numbers/countries/{country_code}/areas", readShop, notAvailable},
		{"GET /v3/shop/numbers/countries/{country_code}/areas/{calling_code}/numbers", readShop, notAvailable},
		{"POST /v3/shop/numbers/purchase", editShop, notAvailable},
		{"POST /v3/accounts/{user_id}/faxes/{fax_id}/ai/ocr", editFax, notAvailable},
		{"POST /v3/accounts/{user_id}/faxes/{fax_id}/ai/field-extraction", editFax, notAvailable},
		{"PATCH /v3/accounts/{user_id}/faxes/{fax_id}/ai/field-extraction", editFax, notAvailable},
		{"GET /v3/accounts/self/ai/credits", readFax, notAvailable},
	}
}

func notAvailable(http.ResponseWriter, *http.Request, auth.Caller) error {
	return fault.New(fault.NotOffered, "not_available")
}

// Routes gives the policy to those who explain it: the pages. What is absent opens
// nothing to anybody and is left out.
func (s *Server) Routes() []auth.Route {
	var out []auth.Route
	for _, r := range s.routes() {
		out = append(out, auth.Route{Pattern: r.pattern, Scopes: r.anyOf, Needs: r.narrowest})
	}
	return out
}
