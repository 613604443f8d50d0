package dashboard

import "github.com/faxgate/faxgate/auth"

// scopeGroup is a part of the consent page: what the app can see, change, or send.
type scopeGroup struct {
	Title     string   // message id
	Costs     bool     // faxes cost money
	Sentences []string // message ids
}

// sentences are the scopes as a person understands them. The collective scopes are
// not among them: they are shown as what they include.
var sentences = []struct {
	scope auth.Scopes
	group int // in groupTitles
	id    string
}{
	{auth.FaxRead, 0, "consent.see_fax"},
	{auth.UserRead, 0, "consent.see_user"},
	{auth.MemberRead, 0, "consent.see_member"},
	{auth.NumbersRead, 0, "consent.see_numbers"},
	{auth.WebhookRead, 0, "consent.see_webhook"},
	{auth.UserEdit, 1, "consent.change_user"},
	{auth.MemberEdit, 1, "consent.change_member"},
	{auth.NumbersEdit, 1, "consent.change_numbers"},
	{auth.WebhookEdit, 1, "consent.change_webhook"},
	{auth.FaxEdit, 1, "consent.change_fax"},
	{auth.FileEdit, 1, "consent.change_file"},
	{auth.FaxEdit, 2, "consent.send_fax"},
}

var groupTitles = []string{"consent.can_see", "consent.can_change", "consent.can_send"}

// refusals are what an app does not get, unless one of the scopes is asked for.
var refusals = []struct {
	scope auth.Scopes
	id    string
}{
	{auth.FaxEdit, "consent.not_send"},
	{auth.FaxRead, "consent.not_see_fax"},
	{auth.MemberRead | auth.MemberEdit, "consent.not_members"},
}

// groupScopes puts what a role may do with the scopes into sentences.
func groupScopes(asked auth.Scopes, role auth.Role) []scopeGroup {
	usable := asked.Effective()
	usable &^= role.Excess(usable)
	var groups []scopeGroup
	for i, title := range groupTitles {
		g := scopeGroup{Title: title, Costs: i == 2}
		for _, x := range sentences {
			if x.group == i && usable&x.scope != 0 {
				g.Sentences = append(g.Sentences, x.id)
			}
		}
		if len(g.Sentences) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// refusedScopes lists what the app will not get. The password is always among it.
func refusedScopes(asked auth.Scopes, role auth.Role) []string {
	usable := asked.Effective()
	usable &^= role.Excess(usable)
	var ids []string
	for _, x := range refusals {
		if usable&x.scope == 0 {
			ids = append(ids, x.id)
		}
	}
	return append(ids, "consent.not_password", "consent.not_tokens")
}
