package dashboard_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/notify"
)

func TestTheFirstFaxGoesThereAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.get(t, "/first-fax").want(t, http.StatusOK)
	p.contains(t, "Your test number", "+1 500 555 1", "simulated", "is busy", "hangs up after page 1")
	run := b.press(t, p, "Run it here", nil)
	p = b.follow(t, run)
	p.contains(t, "Accepted", "Dialled and answered")
	if !p.has("[data-live]") {
		t.Error("the page does not follow the fax")
	}
	s.deliver(t)
	p = b.get(t, run.location())
	p.contains(t, "Dialled and answered", "T.38, simulated", "2 pages confirmed", "What came back")
	if n := len(p.all(".steps .done")); n != len(p.all(".steps li")) {
		t.Errorf("%d steps of %d are done", n, len(p.all(".steps li")))
	}
	b.get(t, attribute(p.all("img")[0], "src")).want(t, http.StatusOK)
	b.get(t, p.link("Open the received fax")).contains(t, "Fax from +1 500 555 0001")
	if p.has("[data-live]") {
		t.Error("the page goes on asking")
	}
}

// Both sides are shown as a webhook is told of them: what it would be, and then, to the
// letter, what it was.
func TestTheFirstFaxShowsWhatAWebhookIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	run := b.press(t, b.get(t, "/first-fax"), "Run it here", nil).location()
	if p := b.get(t, run); p.has("details") {
		t.Error("it tells of a fax that is on its way")
	}
	s.deliver(t)
	p := b.get(t, run)
	p.contains(t, "None of your webhooks is told of this")
	for event, direction := range map[string]string{"fax_sent": "fax-to-15005550001", "fax_received": "fax-from-15005550001"} {
		for _, want := range []string{`"event": "` + event + `"`, `"target": "https://example.com/faxgate"`, `"file_name": "` + direction, `"status": "success"`} {
			if !strings.Contains(p.text("#"+event), want) {
				t.Errorf("%s lacks %s: %s", event, want, p.text("#"+event))
			}
		}
	}
	b.post(t, hooks, url.Values{"target": {"https://app.example/fax?a&b"}, "event": {"fax_sent"}}).want(t, http.StatusOK)
	p = b.get(t, run)
	p.contains(t, "Goes to your webhook https://app.example/fax?a&b", "None of your webhooks is told of this")
	ahead := p.text("#fax_sent")
	s.clock.Advance(time.Minute) // what was posted is as old as the fax
	if _, err := s.Events.HandDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	p = b.get(t, run)
	p.contains(t, "Posted to your webhook https://app.example/fax?a&b", "Waiting")
	all, err := s.Hooks.List(t.Context(), notify.Owner{OrganizationID: s.org.ID, AccountID: s.owner.ID}, notify.FaxSent)
	if err != nil {
		t.Fatal(err)
	}
	posted, err := s.Hooks.Deliveries(t.Context(), notify.Owner{OrganizationID: s.org.ID}, all[0].ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := json.Compact(&shown, []byte(p.text("#fax_sent"))); err != nil || shown.String() != posted[0].Body {
		t.Errorf("it shows %s\nposted was %s", shown.String(), posted[0].Body)
	}
	if got := p.text("#fax_sent"); got != ahead {
		t.Errorf("what was announced is\n%s, what was posted\n%s", ahead, got)
	}
	if p.link("https://app.example/fax?a&b") != hooks+"/"+all[0].ID {
		t.Error("it does not lead to the webhook")
	}
}

// The token works for the calls that stand beside it, and is shown once.
func TestTheFirstTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.press(t, b.get(t, "/first-fax"), "Make a token", nil).want(t, http.StatusOK)
	secret := p.secret(t, "fgp")
	p.contains(t, "http://fax.example/v3/accounts/self/outbox", `"to":["+15005550001"]`, `"from":"+15005551`, "TOKEN="+secret)
	if p.has("form") || p.header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the page of a secret has a form, or tells where it is")
	}
	tokens, err := s.Tokens.List(t.Context(), s.caller(t), false)
	if err != nil || len(tokens) != 1 || tokens[0].Scopes != auth.FaxEdit|auth.FaxRead|auth.NumbersRead {
		t.Fatalf("%+v, %v", tokens, err)
	}
	if left := tokens[0].ExpiresAt.Sub(s.clock.Now()).Hours() / 24; left != 7 {
		t.Errorf("it works for %v days, want 7", left)
	}
	if strings.Contains(b.get(t, "/first-fax").body, "fgp_") {
		t.Error("the token is shown again")
	}
}

// Who has no number on the test line is told whom to ask.
func TestTheFirstFaxWithoutANumberOrPlan(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b, _ := s.member(t, "member@clinic.example", auth.Member)
	p := b.get(t, "/first-fax").want(t, http.StatusOK)
	p.contains(t, "No number on the test line is assigned to you")
	if p.button("Run it here") {
		t.Error("it can be run without a number")
	}
	b.post(t, "/first-fax/run", nil).want(t, http.StatusConflict).contains(t, "Ask an administrator")
	s.plan(t, auth.Free)
	if b.get(t, "/first-fax").button("Make a token") {
		t.Error("there are tokens without a plan for them")
	}
	b.post(t, "/first-fax/token", nil).want(t, http.StatusForbidden)
}
