package dashboard_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
)

// switchboard is a board whose trunks stand as the test says.
type switchboard struct {
	states map[string]fax.TrunkState
	steps  []fax.TrunkCheck
	fails  error
	asked  fax.Trunk
	called string
}

func (x *switchboard) States() map[string]fax.TrunkState { return x.states }

func (x *switchboard) Check(ctx context.Context, t fax.Trunk, call string) ([]fax.TrunkCheck, error) {
	if end, bounded := ctx.Deadline(); !bounded || time.Until(end) > fax.CheckAge {
		return nil, errors.New("the test may take for ever")
	}
	x.asked, x.called = t, call
	return x.steps, x.fails
}

// trunkOf are the fields of a trunk; pairs replace some.
func trunkOf(name string, pairs ...string) url.Values {
	form := url.Values{
		"name": {name}, "host": {"sip.provider.example"}, "transport": {"tls"}, "user": {"sakura"}, "password": {"open sesame"},
		"numbers": {"+81 3-1234-5678\r\n\r\n+81312345679"}, "t38": {"auto"}, "allow": {"192.0.2.10\n198.51.100.0/24"},
		"max_calls": {"4"}, "priority": {"1"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// addTrunk adds a trunk and gives its path.
func (b *browser) addTrunk(t *testing.T, form url.Values) string {
	t.Helper()
	return b.post(t, "/trunks/new", form).want(t, http.StatusSeeOther).location()
}

var everyStep = []fax.TrunkCheck{
	{Step: "dns", State: "ok", Detail: "192.0.2.10:5061"}, {Step: "transport", State: "ok", Code: 200, Detail: "192.0.2.10:5061 OK"},
	{Step: "registration", State: "ok", Code: 200, Detail: "OK"}, {Step: "nat", State: "warning", Detail: "203.0.113.7"},
	{Step: "call", State: "failed", Code: 486, Detail: "Busy Here"}, {Step: "codec", State: "skipped"}, {Step: "t38", State: "skipped"},
}

// trunkPages opens each page about numbers and trunks, in each state.
func (s *site) trunkPages(t *testing.T, b *browser) (pages []*page) {
	t.Helper()
	pages = append(pages, b.get(t, "/numbers"), b.get(t, "/trunks/new"))
	path := b.addTrunk(t, trunkOf("Provider"))
	id := strings.TrimPrefix(path, "/trunks/")
	at := s.clock.Now()
	pages = append(pages,
		b.get(t, path), b.post(t, "/trunks/new", trunkOf("Provider")), b.post(t, path, trunkOf("Provider", "max_calls", "many", "allow", "any")),
		b.post(t, path+"/check", url.Values{"call": {"12"}}), b.post(t, path+"/check", nil),
	)
	for _, state := range []fax.TrunkState{
		{Reach: "unknown", Since: at}, {Reach: "registered", Code: 200, Reason: "OK", Since: at, Expires: at.Add(time.Hour), Calls: 1, Max: 4},
		{Reach: "reachable", Code: 200, Since: at, Public: netip.MustParseAddrPort("203.0.113.7:5060")}, {Reach: "refused", Code: 403, Reason: "Forbidden", Since: at},
		{Reach: "refused", Code: 499, Since: at}, {Reach: "unreachable", Reason: "i/o timeout", Since: at},
		{Reach: "unresolvable", Reason: "no such host", Since: at}, {Reach: "closed", Reason: "address already in use"},
	} {
		s.people.TrunkBoard = &switchboard{states: map[string]fax.TrunkState{id: state}, steps: everyStep}
		pages = append(pages, b.get(t, path), b.get(t, "/numbers"))
	}
	pages = append(pages, b.post(t, path+"/check", nil), b.get(t, path+"/delete"))
	s.people.TrunkBoard = nil
	return pages
}

func TestATrunkIsAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	list := b.get(t, b.get(t, "/").link("Numbers and trunks")).want(t, http.StatusOK)
	list.contains(t, "No trunk yet", "way to the telephone network", "Test number")
	form := b.get(t, list.link("Add trunk"))
	p := b.press(t, form, "Add trunk", trunkOf("Provider", "numbers", "12")).want(t, http.StatusBadRequest)
	p.contains(t, "“12” is not a fax number")
	if !p.has("#numbers[aria-invalid=true]") || !p.has("#host[value='sip.provider.example']") || strings.Contains(p.body, "open sesame") {
		t.Errorf("the form does not come back as it was, or with the password:\n%s", p.body)
	}
	path := b.press(t, form, "Add trunk", trunkOf("Provider")).want(t, http.StatusSeeOther).location()
	b.get(t, path).contains(t, "The trunk was added", "sip.provider.example", "+81 3 1234 5678")
	b.get(t, "/numbers").contains(t, "+81 3 1234 5678", "Carried by", "Provider")

	p = b.press(t, b.get(t, path), "Save", url.Values{"max_calls": {"2000"}, "allow": {"any"}}).want(t, http.StatusBadRequest)
	p.contains(t, "Calls at a time is out of range")
	if !p.has("#max_calls[aria-invalid=true][value='2000']") || !p.has("details[open] #max_calls") {
		t.Error("the field is not pointed out, or hidden")
	}
	b.press(t, b.get(t, path), "Save", url.Values{"name": {"Main"}, "numbers": {"+81312345678"}, "digits": {"1"}, "t38": {"never"}, "allow": {"any\n192.0.2.10"}}).want(t, http.StatusSeeOther)
	p = b.get(t, path)
	p.contains(t, "The settings were saved", "Main", "Calls are taken from any address")
	if got := text(p.all("#allow")[0]); got != "any 192.0.2.10" || !p.has("[name=digits][checked]") || !p.has("[name=t38][value=never][checked]") {
		t.Errorf("the settings are not shown as they were saved: %s", got)
	}
	if p := b.get(t, "/numbers"); strings.Contains(p.body, "5679") {
		t.Error("the number that was taken out is still there")
	}
	b.get(t, path+"/delete").contains(t, "These numbers go with it", "+81 3 1234 5678")
	b.follow(t, b.press(t, b.get(t, path+"/delete"), "Remove trunk", nil)).contains(t, "The trunk was removed", "No trunk yet")
	b.get(t, path).want(t, http.StatusNotFound)
	if got := s.actions(t); !strings.HasPrefix(got, "trunk.remove trunk.change trunk.add") {
		t.Errorf("the records are %s", got)
	}
	b.get(t, "/audit").contains(t, "Trunk removed")
}

func TestRemovingATrunkKeepsNumbersOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.addTrunk(t, trunkOf("First"))
	b.addTrunk(t, trunkOf("Second", "numbers", "+81312345679"))
	p := b.get(t, path+"/delete")
	if going, stay, found := strings.Cut(p.text("main"), "These stay"); !found || !strings.Contains(going, "5678") || !strings.Contains(stay, "5679") {
		t.Errorf("the page says %s", p.text("main"))
	}
	b.follow(t, b.press(t, p, "Remove trunk", nil)).contains(t, "+81 3 1234 5679", "Second")
}

func TestATrunkIsTested(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	board := &switchboard{steps: everyStep}
	s.people.TrunkBoard = board
	b := s.signedIn(t)
	path := b.addTrunk(t, trunkOf("Provider"))
	p := b.press(t, b.get(t, path), "Test", url.Values{"call": {"+81 3 9876 5432"}}).want(t, http.StatusOK)
	p.contains(t, "FAXGATE_MEDIA_ADDRESS=203.0.113.7", "The other end is busy.", "486 Busy Here", "192.0.2.10:5061: 200 OK", "Skipped")
	if board.called != "+81398765432" || board.asked.Password != "open sesame" {
		t.Errorf("the board was given %q and the password %q", board.called, board.asked.Password)
	}
	for _, number := range []string{"12", answers, "+81398765432*5"} {
		p := b.press(t, b.get(t, path), "Test", url.Values{"call": {number}}).want(t, http.StatusBadRequest)
		if !p.has("#call[aria-invalid=true]") {
			t.Errorf("%s is called", number)
		}
	}
	board.fails = errors.New("address already in use")
	b.press(t, b.get(t, path), "Test", nil).want(t, http.StatusServiceUnavailable).contains(t, "address already in use", "FAXGATE_SIP_LISTEN")
	s.people.TrunkBoard = nil
	b.post(t, path+"/check", nil).want(t, http.StatusServiceUnavailable).contains(t, "sends no faxes")
}

func TestStatesOfTrunksInWords(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.addTrunk(t, trunkOf("Provider"))
	id := strings.TrimPrefix(path, "/trunks/")
	for _, tt := range []struct {
		state fax.TrunkState
		want  []string
	}{
		{fax.TrunkState{Reach: "registered", Expires: s.clock.Now().Add(time.Hour), Calls: 2}, []string{"✓ Registered", "until Mon 23 Nov 2026 17:05 JST", "2 of 4"}},
		{fax.TrunkState{Reach: "reachable"}, []string{"✓ Reachable", "Another node"}},
		{fax.TrunkState{Reach: "refused", Code: 403, Reason: "Forbidden"}, []string{"✕ Refused", "does not allow", "403 Forbidden"}},
		{fax.TrunkState{Reach: "refused", Code: 499}, []string{"with the status 499"}},
		{fax.TrunkState{Reach: "closed", Reason: "in use"}, []string{"✕ Ports not open", "in use"}},
	} {
		s.people.TrunkBoard = &switchboard{states: map[string]fax.TrunkState{id: tt.state}}
		b.get(t, path).contains(t, tt.want...)
		b.get(t, "/numbers").contains(t, tt.want[0])
	}
}

func TestMembersSeeTheirNumbersAndNoTrunks(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.addTrunk(t, trunkOf("Provider"))
	theirs, acc := s.member(t, "taro@clinic.example", auth.Member)
	theirs.get(t, theirs.get(t, "/").link("Fax numbers")).want(t, http.StatusOK).contains(t, "No number yet")
	give := url.Values{"number": {"+81312345678"}, "account": {acc.ID}}
	b.follow(t, b.post(t, "/numbers/assign", give)).contains(t, "The number was assigned", "taro@clinic.example")
	p := theirs.get(t, "/numbers")
	p.contains(t, "+81 3 1234 5678")
	if strings.Contains(p.body, "5679") || strings.Contains(p.body, "Provider") || p.has("main form") {
		t.Errorf("a member sees more than their number:\n%s", p.text("main"))
	}
	for _, path := range []string{"/trunks/new", path, path + "/delete"} {
		theirs.get(t, path).want(t, http.StatusForbidden)
	}
	for path, form := range map[string]url.Values{
		"/trunks/new": trunkOf("Own"), path: trunkOf("Own"), path + "/check": nil, path + "/delete": nil, "/numbers/assign": give, "/numbers/revoke": give,
	} {
		theirs.post(t, path, form).want(t, http.StatusForbidden)
	}
	b.follow(t, b.press(t, b.get(t, "/numbers"), "Take back", nil)).contains(t, "The number was taken back")
	theirs.get(t, "/numbers").contains(t, "No number yet")
	b.post(t, "/numbers/revoke", url.Values{"number": {"+81312345678"}, "account": {s.owner.ID}}).want(t, http.StatusBadRequest).contains(t, "cannot be taken")
}

func TestTrunksOfAnotherOrganizationDoNotExist(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	path := s.signedIn(t).addTrunk(t, trunkOf("Provider"))
	_, _, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{Email: "else@hospital.example", Password: another}, false, auth.Actor{Name: "command line"})
	if err != nil {
		t.Fatal(err)
	}
	other := s.browser()
	other.signIn(t, "else@hospital.example", another)
	other.get(t, path).want(t, http.StatusNotFound)
	other.get(t, path+"/delete").want(t, http.StatusNotFound)
	for _, action := range []string{"/check", "/delete"} {
		other.post(t, path+action, nil).want(t, http.StatusNotFound)
	}
	other.post(t, path, trunkOf("Mine", "numbers", "+81355551234")).want(t, http.StatusNotFound)
	other.post(t, "/trunks/new", trunkOf("Mine")).want(t, http.StatusConflict).contains(t, "belongs to another organization")
}
