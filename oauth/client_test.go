package oauth_test

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

func TestActivateMakesOneClientWithoutAnyInput(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, secret, err := o.Activate(t.Context(), o.owner)
		is(t, "the first time", err, "")
		if !auth.IsClientID(client.ID) || !auth.WellFormed(auth.ClientSecret, secret) || client.NeedsChallenge() || !client.ClientHeader || client.Name == "" {
			t.Errorf("Activate = %+v", client)
		}
		_, _, err = o.Activate(t.Context(), o.owner)
		is(t, "the second time", err, "oauth_active")
		known, err := o.Known(t.Context(), client.ID)
		if err != nil || len(known.Secrets) != 1 || known.Secrets[0].Hash != auth.HashOf(secret) || known.Secrets[0].Hint != auth.Hint(secret) {
			t.Errorf("Known = %+v, %v", known, err)
		}
	})
}

// The button pressed twice at once, by two nodes or a nervous finger.
func TestActivateMakesOneClientUnder20Calls(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		var all sync.WaitGroup
		var won atomic.Int64
		for range 20 {
			all.Go(func() {
				_, secret, err := o.Activate(t.Context(), o.owner)
				switch {
				case err == nil:
					won.Add(1)
				case !fault.HasCode(err, "oauth_active") || secret != "":
					t.Errorf("Activate = %q, %v", secret, err)
				}
			})
		}
		all.Wait()
		clients, err := o.List(t.Context(), o.owner)
		if won.Load() != 1 || len(clients) != 1 || err != nil {
			t.Errorf("%d calls made %d clients, %v", won.Load(), len(clients), err)
		}
	})
}

func TestWhoMayRegisterClients(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		small, admin := o.owner, o.caller(o.owner.Organization, auth.Admin)
		small.Organization.Plan = auth.Business
		for _, tt := range []struct {
			name string
			who  auth.Caller
			want string
		}{
			{"an owner", o.owner, ""}, {"an admin", admin, ""}, {"a member", o.member, "role_required"},
			{"a manager", o.caller(o.owner.Organization, auth.Manager), "role_required"}, {"a smaller plan", small, "plan_required"},
			{"the command line", auth.Operator(o.owner.Organization), ""},
		} {
			_, _, err := o.Register(t.Context(), tt.who, oauth.Registration{})
			is(t, tt.name, err, tt.want)
		}
		_, err := o.List(t.Context(), o.member)
		is(t, "a member lists", err, "role_required")
		if all, err := o.List(t.Context(), o.owner); err != nil || len(all) != 3 {
			t.Errorf("there are %d clients, %v", len(all), err)
		}
	})
}

func TestAnotherOrganizationsClientDoesNotExist(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, _, err := o.Activate(t.Context(), o.owner)
		is(t, "activate", err, "")
		rival := o.organization(t)
		_, err = o.Client(t.Context(), rival, client.ID)
		is(t, "read", err, "client_unknown")
		is(t, "change", o.Change(t.Context(), rival, client.ID, oauth.Settings{Name: "x"}), "client_unknown")
		is(t, "redirect URIs", o.SetRedirectURIs(t.Context(), rival, client.ID, []string{"https://evil.example/"}, false), "client_unknown")
		_, err = o.ReplaceSecret(t.Context(), rival, client.ID, 0)
		is(t, "secret", err, "client_unknown")
		is(t, "delete", o.Delete(t.Context(), rival, client.ID), "client_unknown")
		if all, err := o.List(t.Context(), rival); err != nil || len(all) != 0 {
			t.Errorf("the rival lists %v, %v", all, err)
		}
	})
}

func TestWhatAClientIsRefusedFor(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		var many []string
		for i := range 51 {
			many = append(many, "https://app.example/"+strconv.Itoa(i))
		}
		for _, tt := range []struct {
			name string
			in   oauth.Registration
			want string
		}{
			{"a long name", oauth.Registration{Name: strings.Repeat("名", 101)}, "client_name_too_long"},
			{"a name as long as it may be", oauth.Registration{Name: strings.Repeat("名", 100)}, ""},
			{"51 redirect URIs", oauth.Registration{RedirectURIs: many}, "redirect_uris_too_many"},
			{"50 of them", oauth.Registration{RedirectURIs: many[:50]}, ""},
			{"one twice", oauth.Registration{RedirectURIs: []string{many[0], " " + many[0]}}, ""},
			{"plain http", oauth.Registration{RedirectURIs: []string{"http://192.168.1.10/"}}, "redirect_uri_http"},
			{"plain http, confirmed", oauth.Registration{RedirectURIs: []string{"http://192.168.1.10/"}, AllowHTTP: true}, ""},
			{"a fragment, confirmed", oauth.Registration{RedirectURIs: []string{"https://a.example/#"}, AllowHTTP: true}, "redirect_uri_fragment"},
		} {
			_, _, err := o.Register(t.Context(), o.owner, tt.in)
			is(t, tt.name, err, tt.want)
		}
	})
}

func TestRedirectURIsAreReplacedAsAList(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, _, err := o.Register(t.Context(), o.owner, oauth.Registration{RedirectURIs: []string{"http://192.168.1.10/cb"}, AllowHTTP: true})
		is(t, "register", err, "")
		set := func(uris ...string) error { return o.SetRedirectURIs(t.Context(), o.owner, client.ID, uris, false) }
		is(t, "keeping what was confirmed", set("", "https://b.example/", "http://192.168.1.10/cb", "https://a.example/"), "")
		is(t, "adding what was not", set("http://192.168.1.11/cb"), "redirect_uri_http")
		known, err := o.Known(t.Context(), client.ID)
		if got := strings.Join(known.RedirectURIs, " "); err != nil || got != "https://b.example/ http://192.168.1.10/cb https://a.example/" {
			t.Errorf("they are %s, %v", got, err)
		}
		is(t, "none", set(), "")
	})
}

func TestASecretIsReplacedWithAGrace(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, first, err := o.Activate(t.Context(), o.owner)
		is(t, "activate", err, "")
		authentication := &oauth.Authentication{Clients: o.Clients, Now: o.clock.Now, Throttle: auth.NewThrottle(auth.FailureWindow, o.clock.Now, nil)}
		works := func(name, secret string, want bool) {
			t.Helper()
			var f oauth.Form
			_, err := authentication.Client(t.Context(), oauth.BackChannelRequest{Authorization: basic(client.ID + ":" + secret)}, &f)
			if (err == nil) != want {
				t.Errorf("%s: %v", name, err)
			}
		}
		second, err := o.ReplaceSecret(t.Context(), o.owner, client.ID, time.Hour)
		is(t, "replace", err, "")
		works("the old one within the grace", first, true)
		works("the new one", second, true)
		o.clock.Advance(time.Hour)
		works("the old one after it", first, false)
		works("the new one", second, true)
		third, err := o.ReplaceSecret(t.Context(), o.owner, client.ID, 0)
		is(t, "replace at once", err, "")
		works("the old one", second, false)
		works("the new one", third, true)
		if known, _ := o.Known(t.Context(), client.ID); len(known.Secrets) != 1 {
			t.Errorf("%d secrets are kept", len(known.Secrets))
		}
		public, _, err := o.Register(t.Context(), o.owner, oauth.Registration{Public: true})
		is(t, "a public client", err, "")
		_, err = o.ReplaceSecret(t.Context(), o.owner, public.ID, 0)
		is(t, "has no secret", err, "client_public")
	})
}

// RFC 9700 2.1.1: a public client never goes without PKCE, whatever is set.
func TestRFC9700_2_1_1_APublicClientKeepsPKCE(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, secret, err := o.Register(t.Context(), o.owner, oauth.Registration{Public: true})
		is(t, "register", err, "")
		if secret != "" || !client.PKCERequired {
			t.Errorf("Register = %+v", client)
		}
		is(t, "change", o.Change(t.Context(), o.owner, client.ID, oauth.Settings{Name: "Page", PKCERequired: false}), "")
		if known, err := o.Known(t.Context(), client.ID); err != nil || !known.NeedsChallenge() || known.ClientHeader || known.Name != "Page" {
			t.Errorf("Known = %+v, %v", known, err)
		}
	})
}

func TestADeletedClientIsUnknownAtOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		client, _, err := o.Activate(t.Context(), o.owner)
		is(t, "activate", err, "")
		_, err = o.Known(t.Context(), client.ID)
		is(t, "known", err, "")
		is(t, "delete", o.Delete(t.Context(), o.owner, client.ID), "")
		if _, err := o.Known(t.Context(), client.ID); fault.Of(err) == nil || fault.Of(err).Kind != fault.NotFound {
			t.Errorf("Known = %v", err)
		}
		is(t, "delete again", o.Delete(t.Context(), o.owner, client.ID), "client_unknown")
		_, _, err = o.Activate(t.Context(), o.owner)
		is(t, "activate again", err, "")
	})
}
