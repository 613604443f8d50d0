package dashboard_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

var clientIDText = regexp.MustCompile(`APIK-[0-9A-Za-z]{20}`)

// activate presses Activate and gives the page with both credentials.
func (b *browser) activate(t *testing.T) (p *page, id, secret string) {
	t.Helper()
	p = b.press(t, b.get(t, "/profile/integrations"), "Activate", nil).want(t, http.StatusOK)
	return p, clientIDText.FindString(p.body), p.secret(t, "fgs")
}

func TestActivateIsOnePost(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p, id, secret := b.activate(t)
	p.contains(t, "cannot be shown again", "Redirect URIs", "-u '"+id+":"+secret+"'")
	if len(p.all("form [name=redirect_uri]")) < 2 || p.header.Get("Referrer-Policy") != "same-origin" {
		t.Error("no form for the redirect URIs that browsers could send")
	}
	saved := b.follow(t, b.press(t, p, "Save redirect URIs", url.Values{"redirect_uri": {redirectURI, "", " http://127.0.0.1/cb "}}))
	if strings.Contains(saved.body, secret) {
		t.Error("the secret is shown a second time")
	}
	saved.contains(t, id, "fgs_…"+secret[len(secret)-4:],
		"http://fax.example/login?response_type=code&client_id="+id+"&redirect_uri="+url.QueryEscape(redirectURI)+"&scope=all",
		"http://fax.example/token?grant_type=authorization_code&client_id="+id+"&code=CODE&redirect_uri="+url.QueryEscape(redirectURI),
		"http://fax.example/token?grant_type=refresh_token&refresh_token=REFRESH_TOKEN", "-u '"+id+":CLIENT_SECRET'",
		"x-fax-clientid: "+id)
	client, err := s.Clients.Client(t.Context(), s.caller(t), id)
	if err != nil || len(client.RedirectURIs) != 2 || client.PKCERequired || !client.ClientHeader {
		t.Errorf("registered: %+v, %v", client, err)
	}
	code := b.press(t, b.get(t, strings.TrimPrefix(saved.link("Open the link"), "http://fax.example")), "Allow", nil).back(t, redirectURI).Get("code")
	s.exchange(t, client, secret, code)
}

func TestActivateTwiceMakesNoSecondApp(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	_, id, secret := b.activate(t)
	p := b.follow(t, b.post(t, "/profile/integrations/activate", nil))
	p.contains(t, "active already")
	if got := clientIDText.FindAllString(p.text("main"), -1); len(got) != 1 || got[0] != id || strings.Contains(p.body, secret) || p.button("Activate") {
		t.Errorf("apps %v", got)
	}
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	if p := member.get(t, "/profile/integrations"); p.button("Activate") || strings.Contains(p.body, id) {
		t.Error("a member may activate or see the apps")
	} else {
		p.contains(t, "Owners and admins activate OAuth", ownerEmail)
	}
}

// No fragment (RFC 6749 3.1.2), a private scheme only with a dot in its name, and
// plain http beyond loopback only after the owner confirms it.
func TestRFC8252_7_1_RedirectURIsAtRegistration(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p, id, _ := b.activate(t)
	for _, uri := range []string{"https://a.example/#x", "myapp:/cb", "https://u:p@a.example/", "/cb", "javascript:alert(1)", "https://", "https://a.example/\u00e9", "ftp://a.example/"} {
		r := b.press(t, p, "Save redirect URIs", url.Values{"redirect_uri": {"https://good.example/", uri}}).want(t, http.StatusBadRequest)
		if got := attribute(r.all("#redirect_uri[aria-invalid=true]")[0], "value"); got != uri {
			t.Errorf("%q is at fault, and the error leads to %q", uri, got)
		}
		if r.has("[name=allow_http]") || !r.has("[name=redirect_uri][value='https://good.example/']") {
			t.Errorf("%q: plain http can be confirmed, or the other URI is gone", uri)
		}
	}
	lan := url.Values{"redirect_uri": {"http://192.168.1.20/cb"}}
	r := b.press(t, p, "Save redirect URIs", lan).want(t, http.StatusBadRequest)
	if !r.has("[name=allow_http]") {
		t.Fatal("plain http cannot be confirmed")
	}
	lan.Set("allow_http", "1")
	b.follow(t, b.press(t, r, "Save redirect URIs", lan))
	client, err := s.Clients.Client(t.Context(), s.caller(t), id)
	if err != nil || len(client.RedirectURIs) != 1 || client.RedirectURIs[0] != "http://192.168.1.20/cb" {
		t.Errorf("registered: %v, %v", client.RedirectURIs, err)
	}
	// What was confirmed once is not asked for again.
	b.follow(t, b.press(t, b.get(t, "/profile/integrations/apps/"+id), "Save redirect URIs", url.Values{"redirect_uri": {"http://192.168.1.20/cb", "com.example.app:/cb", "http://localhost:8181/cb"}}))
}

func TestFurtherAppsAreAddedNamedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	b.activate(t)
	form := b.get(t, b.get(t, "/profile/integrations").link("Add an app")).want(t, http.StatusOK)
	b.press(t, form, "Add app", url.Values{"name": {strings.Repeat("x", 200)}}).want(t, http.StatusBadRequest)
	shown := b.press(t, form, "Add app", url.Values{"name": {"Server"}, "redirect_uri": {redirectURI, ""}}).want(t, http.StatusOK)
	id := clientIDText.FindString(shown.body)
	shown.secret(t, "fgs")
	shown.contains(t, "code_challenge_method=S256", "code_verifier=")
	public := b.follow(t, b.press(t, form, "Add app", url.Values{"name": {"Phone <b>"}, "type": {"public"}, "redirect_uri": {"com.example.app:/cb"}}))
	public.contains(t, "Phone <b>", "Public client", "has no secret", "client_id=")
	if public.button("Replace secret") || !public.has("[name=pkce][disabled][checked]") || strings.Contains(public.text("pre"), "-u '") {
		t.Error("a public client has a secret, or PKCE can be switched off")
	}
	app := b.get(t, "/profile/integrations/apps/"+id)
	_, settings := formOf(app.all("form:has([name=client_header]) button")[0])
	settings.Set("name", "Renamed")
	settings.Del("client_header")
	p := b.follow(t, b.post(t, app.path, settings))
	p.contains(t, "Renamed")
	if p.has("[name=client_header][checked]") || !p.has("[name=pkce][checked]") {
		t.Error("the settings are not as they were sent")
	}
	sure := b.get(t, p.link("Delete app")).want(t, http.StatusOK)
	sure.contains(t, "Delete Renamed?", "cannot be undone")
	b.follow(t, b.press(t, sure, "Delete app", nil)).contains(t, "The app was deleted")
	b.get(t, app.path).want(t, http.StatusNotFound)
}

func TestAReplacedSecretMayWorkForAWhile(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	client, old := s.app(t, oauth.Registration{Name: "Server", RedirectURIs: []string{redirectURI}})
	app := b.get(t, "/profile/integrations/apps/"+client.ID)
	if strings.Contains(app.body, old) {
		t.Error("the page shows the secret")
	}
	fresh := b.press(t, app, "Replace secret", url.Values{"grace": {"24"}}).want(t, http.StatusOK).secret(t, "fgs")
	answers := func(secret string) bool {
		q := url.Values{"grant_type": {"refresh_token"}, "client_id": {client.ID}, "client_secret": {secret}, "refresh_token": {auth.NewSecret(auth.RefreshToken)}}
		_, err := s.OAuth.Exchange(t.Context(), oauth.BackChannelRequest{Body: q.Encode()})
		return !strings.Contains(err.Error(), "invalid_client")
	}
	s.clock.Advance(time.Minute)
	s.Clients.ForgetAll()
	if !answers(old) || !answers(fresh) {
		t.Error("one of the two does not work within the grace")
	}
	s.clock.Advance(24 * time.Hour)
	if answers(old) || !answers(fresh) {
		t.Error("the old one works after the grace, or the new one does not")
	}
}

func TestTheOwnerHearsOfParametersInTheURL(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, _ := s.app(t, oauth.Registration{Name: "Server", RedirectURIs: []string{redirectURI}})
	usage := s.db.Usage()
	usage.Grant(oauth.Grant{ID: "g", ClientID: client.ID}, true, s.clock.Now())
	if err := usage.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.signedIn(t).get(t, "/profile/integrations/apps/"+client.ID).contains(t, "parameters in the URL")
}

func TestConnectedApps(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, secret := s.app(t, oauth.Registration{Name: "Patient Records", RedirectURIs: []string{redirectURI}})
	b := s.signedIn(t)
	b.get(t, "/profile/apps").contains(t, "No connected apps")
	link := "/login?" + request(client, "scope", "fax:fax:read").Encode()
	code := b.press(t, b.get(t, link), "Allow", nil).back(t, redirectURI).Get("code")
	first := s.exchange(t, client, secret, code)
	s.clock.Advance(48 * time.Hour)
	b.signIn(t, ownerEmail, password)
	s.exchange(t, client, secret, b.get(t, link).back(t, redirectURI).Get("code"))
	p := b.get(t, "/profile/apps")
	p.contains(t, "Patient Records", "Since Mon 23 Nov 2026 16:05 JST", "fax:fax:read", "when you revoke it", "Authorizations 2")
	if got := len(p.all(".rows li")); got != 1 {
		t.Errorf("%d entries, want one per app", got)
	}
	b.press(t, b.get(t, "/security"), "Switch on", nil).want(t, http.StatusSeeOther)
	p = b.get(t, "/profile/apps")
	p.contains(t, "30 days left")
	b.follow(t, b.press(t, p, "Revoke", nil)).contains(t, "no longer has access", "No connected apps")
	q := url.Values{"grant_type": {"refresh_token"}, "client_id": {client.ID}, "client_secret": {secret}, "refresh_token": {first.RefreshToken}}
	if _, err := s.OAuth.Exchange(t.Context(), oauth.BackChannelRequest{Body: q.Encode()}); err == nil || !strings.Contains(err.Error(), "took the consent back") {
		t.Errorf("refresh after Revoke: %v", err)
	}
	if !b.get(t, link).button("Allow") {
		t.Error("after Revoke the app is not asked about again")
	}
	b.post(t, "/profile/apps/"+client.ID+"/revoke", nil).want(t, http.StatusNotFound).contains(t, "you have revoked it already")
}
