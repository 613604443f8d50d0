package oauth_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// app registers a client and gives what asks for its authorization.
func (o *office) app(t *testing.T, in oauth.Registration) (oauth.Client, func(scope string) oauth.AuthorizationRequest) {
	t.Helper()
	if in.RedirectURIs == nil {
		in.RedirectURIs = []string{redirectURI}
	}
	client, _, err := o.Register(t.Context(), o.owner, in)
	if err != nil {
		t.Fatal(err)
	}
	return client, func(scope string) oauth.AuthorizationRequest {
		t.Helper()
		changes := []string{"scope", scope, "redirect_uri", in.RedirectURIs[0]}
		if client.NeedsChallenge() {
			changes = append(changes, "code_challenge", challenge, "code_challenge_method", "S256")
		}
		r, err := o.authorizations.Request(t.Context(), query(client.ID, changes...))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// press is a person pressing Allow or Cancel on a page of one's own.
func (o *office) press(t *testing.T, who auth.Caller, r oauth.AuthorizationRequest, allow bool) *oauth.Redirect {
	t.Helper()
	ticket, err := o.authorizations.NewTicket(t.Context(), who, r)
	if err != nil {
		t.Fatal(err)
	}
	redirect, err := o.authorizations.Decide(t.Context(), who, ticket, allow)
	if err != nil {
		t.Fatal(err)
	}
	return redirect
}

func (o *office) remembered(t *testing.T, who auth.Caller, r oauth.AuthorizationRequest, want bool) {
	t.Helper()
	if got, err := o.authorizations.Remembered(t.Context(), who, r); err != nil || got != want {
		t.Errorf("%s is remembered: %t, %v; want %t", r.Scope, got, err, want)
	}
}

func TestAllowGivesACodeAndCancelAnError(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, ask := o.app(t, oauth.Registration{})
		if r := o.press(t, o.member, ask("all"), true); r.Err != nil || !auth.WellFormed(auth.AuthorizationCode, r.Code) || r.State != "s" || r.Issuer != issuer {
			t.Errorf("Allow: %+v", r.Err)
		}
		other, ask := o.app(t, oauth.Registration{})
		if r := o.press(t, o.member, ask("all"), false); r.Code != "" || r.Err == nil || r.Err.Code != oauth.AccessDenied || r.State != "s" {
			t.Errorf("Cancel: %+v", r)
		}
		o.remembered(t, o.member, ask("all"), false)
		if other.ID == "" {
			t.Error("the client has no id")
		}
	})
}

func TestAConsentIsRememberedForWhatItWasGiven(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, ask := o.app(t, oauth.Registration{})
		_, askOther := o.app(t, oauth.Registration{})
		o.remembered(t, o.member, ask("fax:fax:edit"), false)
		o.press(t, o.member, ask("fax:fax:edit"), true)
		o.remembered(t, o.member, ask("fax:fax:edit"), true)
		o.remembered(t, o.member, ask("fax:fax:read fax:file:edit"), true) // included
		o.remembered(t, o.member, ask("fax:fax:edit fax:user:read"), false)
		o.remembered(t, o.member, ask("all"), false)
		o.remembered(t, o.owner, ask("fax:fax:read"), false)
		o.remembered(t, o.member, askOther("fax:fax:read"), false)
		o.press(t, o.member, ask("fax:user:read"), true)
		o.remembered(t, o.member, ask("fax:fax:edit fax:user:read"), true) // both decisions count
		if err := o.authorizations.Withdraw(t.Context(), o.member, client.ID); err != nil {
			t.Fatal(err)
		}
		o.remembered(t, o.member, ask("fax:fax:read"), false)
	})
}

// What ends nothing is not in the audit log, whatever id somebody makes up.
func TestAWithdrawalOfNothingLeavesNoRecord(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, ask := o.app(t, oauth.Registration{})
		o.press(t, o.member, ask("all"), true)
		withdraw := func(id string) error { return o.authorizations.Withdraw(t.Context(), o.member, id) }
		is(t, "an id that somebody made up", withdraw("x"), "consent_unknown")
		is(t, "one's own", withdraw(client.ID), "")
		is(t, "the same again", withdraw(client.ID), "consent_unknown")
		is(t, "somebody else's", o.authorizations.Withdraw(t.Context(), o.owner, client.ID), "consent_unknown")
		var withdrawn []auth.Audit
		records, err := o.db.Audits(t.Context(), o.member.Organization.ID, 100)
		for _, a := range records {
			if a.Action == "consent.withdraw" {
				withdrawn = append(withdrawn, a)
			}
		}
		if err != nil || len(withdrawn) != 1 || withdrawn[0].ObjectID != client.ID {
			t.Errorf("records of withdrawals: %+v, %v", withdrawn, err)
		}
	})
}

// RFC 8252 8.6: another program may pose as a public client or claim its scheme.
func TestRFC8252_8_6_SomeAreAskedAboutEachTime(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for _, in := range []oauth.Registration{
			{Public: true},
			{RedirectURIs: []string{"com.example.app:/cb"}},
		} {
			_, ask := o.app(t, in)
			o.press(t, o.member, ask("all"), true)
			o.remembered(t, o.member, ask("all"), false)
		}
	})
}

func TestATicketIsOnePagesOwn(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, ask := o.app(t, oauth.Registration{})
		ticket := func() string {
			text, err := o.authorizations.NewTicket(t.Context(), o.member, ask("all"))
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		decide := func(who auth.Caller, ticket string) error {
			_, err := o.authorizations.Decide(t.Context(), who, ticket, true)
			return err
		}
		used := ticket()
		is(t, "a new one", decide(o.member, used), "")
		is(t, "a used one", decide(o.member, used), "consent_ticket")
		again := o.member
		again.Session.ID = auth.NewID()
		is(t, "another session's of the same person", decide(again, ticket()), "consent_ticket")
		is(t, "another person's", decide(o.owner, ticket()), "consent_ticket")
		is(t, "none", decide(o.member, ""), "consent_ticket")
		is(t, "something", decide(o.member, "x"), "consent_ticket")
		is(t, "one that nobody made", decide(o.member, auth.NewSecret(auth.ConsentTicket)), "consent_ticket")
		old, late := ticket(), ticket()
		o.clock.Advance(oauth.TicketAge - time.Millisecond)
		is(t, "within ten minutes", decide(o.member, old), "")
		o.clock.Advance(time.Millisecond)
		is(t, "after them", decide(o.member, late), "consent_ticket")
	})
}

func TestWhatChangedWhileThePageStoodOpenCounts(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, ask := o.app(t, oauth.Registration{})
		ticket, err := o.authorizations.NewTicket(t.Context(), o.member, ask("all"))
		is(t, "ask", err, "")
		is(t, "the URI goes", o.SetRedirectURIs(t.Context(), o.owner, client.ID, []string{"https://new.example/"}, false), "")
		_, err = o.authorizations.Decide(t.Context(), o.member, ticket, true)
		is(t, "and nothing is redirected there", err, "authorize_redirect_uri_unknown")
	})
}

func TestAClientOfAnotherOrganizationIsNotAvailable(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, ask := o.app(t, oauth.Registration{})
		is(t, "of the own one", o.authorizations.Available(o.member, ask("all")), "")
		stranger := o.organization(t)
		is(t, "of another", o.authorizations.Available(stranger, ask("all")), "client_of_another_organization")
		ticket, err := o.authorizations.NewTicket(t.Context(), stranger, ask("all"))
		is(t, "ask", err, "")
		_, err = o.authorizations.Decide(t.Context(), stranger, ticket, true)
		is(t, "nor is it by going round the page", err, "client_of_another_organization")
		small := o.member
		small.Organization.Plan = auth.Premium
		is(t, "on a smaller plan", o.authorizations.Available(small, ask("all")), "plan_required")
	})
}

func TestConnectedAppsAreThoseThatGotTokens(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, ask := o.app(t, oauth.Registration{Name: "App"})
		o.press(t, o.member, ask("all"), true) // a code that nobody redeemed
		all, err := o.authorizations.Connected(t.Context(), o.member)
		if err != nil || len(all) != 0 {
			t.Errorf("Connected = %v, %v", all, err)
		}
	})
}
