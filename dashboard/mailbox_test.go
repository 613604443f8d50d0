package dashboard_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	faxpage "github.com/faxgate/faxgate/page"
)

// colleague is somebody with a browser, and with one fax of each kind.
type colleague struct {
	*browser
	auth.Account
	received, sent, waiting string // ids
}

// colleagues are people of every role: the lead stands under the manager, the member
// under the lead, and the remote one under nobody.
func (s *site) colleagues(t *testing.T) map[string]*colleague {
	t.Helper()
	all := map[string]*colleague{"owner": {browser: s.signedIn(t), Account: s.owner}}
	for _, who := range []struct {
		name    string
		role    auth.Role
		manager string
	}{
		{"admin", auth.Admin, ""}, {"manager", auth.Manager, ""}, {"lead", auth.Member, "manager"}, {"member", auth.Member, "lead"}, {"remote", auth.Member, ""},
	} {
		above := ""
		if who.manager != "" {
			above = all[who.manager].ID
		}
		acc, err := s.Accounts.Create(t.Context(), s.caller(t), who.name+"@clinic.example", who.role, password, above)
		if err != nil {
			t.Fatal(err)
		}
		b := s.browser()
		b.signIn(t, acc.Email, password)
		all[who.name] = &colleague{browser: b, Account: acc}
	}
	for _, c := range all {
		c.received = s.receive(t, c.Account)
		c.sent = strings.TrimPrefix(c.sendLetter(t, busy), "/faxes/")
	}
	s.deliver(t)
	for _, c := range all {
		c.waiting = strings.TrimPrefix(c.sendLetter(t, busy), "/faxes/")
	}
	return all
}

// receive puts a fax into an account's inbox, and gives its id.
func (s *site) receive(t *testing.T, acc auth.Account) string {
	t.Helper()
	f := fax.Fax{
		ID: auth.NewID(), OrganizationID: acc.OrganizationID, AccountID: acc.ID, Direction: fax.Incoming, Status: fax.Success,
		From: "+81312345678", To: "+15005551000", Pages: 2, Started: s.clock.Now(), Updated: s.clock.Now(),
		Document: fax.Document{ID: auth.NewID(), Blob: auth.NewID(), Pages: 2},
	}
	var b bytes.Buffer
	if _, err := (twoPages{}).Convert(t.Context(), &b, nil, faxpage.Options{}); err != nil {
		t.Fatal(err)
	}
	var err error
	if f.Document.Size, err = s.blobs.Put(t.Context(), f.Document.Blob, &b); err != nil {
		t.Fatal(err)
	}
	if err := s.db.PutReceived(t.Context(), []fax.Fax{f}, nil, s.clock.Now()); err != nil {
		t.Fatal(err)
	}
	return f.ID
}

// reaches says what each may see of whom: everything of the own faxes, and of those of
// people below a manager; what everybody received, for who administers.
func reaches(all map[string]*colleague, who, whom string) string {
	switch {
	case who == whom, who == "manager" && (whom == "lead" || whom == "member"):
		return "whole"
	case all[who].Role.Administers():
		return "received"
	}
	return "none"
}

// The pages show of others' faxes what the API shows, and let as much be done.
func TestWhoSeesWhoseFaxes(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	all := s.colleagues(t)
	for who, c := range all {
		var choice []string
		for _, o := range c.get(t, "/faxes").all("select[name=of] option") {
			choice = append(choice, attribute(o, "value"))
		}
		for whom, other := range all {
			reach := reaches(all, who, whom)
			if seen := reach != "none"; len(choice) > 0 && slices.Contains(choice, other.ID) != seen {
				t.Errorf("%s may choose %v, of %s is to be seen: %s", who, choice, whom, reach)
			}
			t.Run(fmt.Sprintf("%s sees of %s: %s", who, whom, reach), func(t *testing.T) { c.seesOf(t, other, reach) })
		}
		if alone := who == "lead" || who == "member" || who == "remote"; alone != (len(choice) == 0) {
			t.Errorf("%s may choose %v", who, choice)
		}
	}
	for _, c := range all {
		if c.received != "" && !c.get(t, "/faxes").has(".unread") {
			t.Error("a fax that another one looked at is read")
		}
	}
}

// seesOf opens every page about another one's faxes.
func (c *colleague) seesOf(t *testing.T, other *colleague, reach string) {
	t.Helper()
	path := "/members/" + other.ID + "/faxes"
	for page, needs := range map[string]string{
		"": "received", "?folder=spam": "received", "?folder=sent": "whole", "?folder=failed": "whole", "?folder=outbox": "whole",
		"/" + other.received + "/pages/1": "received", "/" + other.received + "/files/fax.pdf": "received",
		"/" + other.received + "/files/fax.tiff": "received", "/" + other.received + "/files/report.pdf": "received",
		"/" + other.received + "/delete": "whole",
		"/" + other.sent:                 "whole", "/" + other.sent + "/pages/2": "whole", "/" + other.sent + "/files/fax.pdf": "whole",
		"/" + other.sent + "/files/report.pdf": "whole", "/" + other.sent + "/delete": "whole",
	} {
		want := http.StatusForbidden
		if reach == "whole" || reach == needs {
			want = http.StatusOK
		}
		c.get(t, path+page).want(t, want)
	}
	waiting := map[string]int{"whole": http.StatusOK, "received": http.StatusNotFound, "none": http.StatusForbidden}[reach]
	c.get(t, path+"/"+other.waiting).want(t, waiting)
	if reach != "whole" {
		for _, id := range []string{other.received, other.sent, other.waiting} {
			for _, action := range []string{"mark", "comment", "delete", "cancel"} {
				c.post(t, path+"/"+id+"/"+action, url.Values{"mark": {"spam"}, "comment": {"x"}}).want(t, http.StatusForbidden)
			}
		}
	}
	if reach == "received" {
		p := c.get(t, path+"/"+other.received).want(t, http.StatusOK)
		p.contains(t, "A fax of "+other.Email)
		if p.has("form[action$='/comment']") || p.has("form[action$='/mark']") || p.has("a[href$='/delete']") {
			t.Error("what may not be changed is offered")
		}
		if p := c.get(t, path); len(p.all(".faxes > li")) != 1 || p.has("nav.tabs a[href*='sent']") || p.has("nav.tabs a[href*='outbox']") {
			t.Error("there is more than what was received")
		}
	}
}

// A manager does for those below what they do for themselves; the address stays theirs.
func TestAManagerChangesTheFaxesOfThoseBelow(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	all := s.colleagues(t)
	boss, member := all["manager"], all["member"]
	path := "/members/" + member.ID + "/faxes"
	boss.get(t, "/faxes?of="+member.ID).want(t, http.StatusSeeOther)
	if to := boss.get(t, "/faxes?of="+member.ID).location(); to != path {
		t.Errorf("the choice leads to %s", to)
	}
	if to := boss.get(t, path+"?of="+boss.ID).location(); to != "/faxes" {
		t.Errorf("back to the own ones leads to %s", to)
	}
	list := boss.get(t, path)
	list.contains(t, "What "+member.Email+" received and sent", "/v3/accounts/"+member.ID+"/faxes?category=inbox")
	for _, a := range append(list.all(".fax-party a"), list.all("nav.tabs a")...) {
		if !strings.HasPrefix(attribute(a, "href"), path) {
			t.Errorf("the list leads to %s", attribute(a, "href"))
		}
	}
	p := boss.get(t, path+"/"+member.received)
	boss.follow(t, boss.press(t, p, "Save", url.Values{"comment": {"seen by the manager"}})).contains(t, "seen by the manager")
	again := boss.get(t, p.link("Send on")).want(t, http.StatusOK)
	_, form := formOf(again.all("form[action='/send'] button")[0])
	form.Set("to", busy)
	if sent := boss.send(t, form).want(t, http.StatusSeeOther).location(); !strings.HasPrefix(sent, "/faxes/") {
		t.Errorf("it is sent as %s", sent)
	}
	if to := boss.press(t, boss.get(t, path+"/"+member.waiting), "Cancel this fax", nil).location(); to != path+"?folder=outbox" {
		t.Errorf("cancelled, and then to %s", to)
	}
	if to := boss.press(t, boss.get(t, path+"/"+member.received+"/delete"), "Delete the fax", nil).location(); to != path {
		t.Errorf("deleted, and then to %s", to)
	}
	member.get(t, "/faxes/"+member.received).want(t, http.StatusNotFound)
}

// What another organization has does not exist, and neither does another account's fax
// under one's own address.
func TestFaxesOfAnotherOrganizationDoNotExist(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	_, stranger, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{
		Organization: "Rival", Email: "owner@rival.example", Password: password,
	}, false, auth.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	b, member := s.member(t, "member@clinic.example", auth.Member)
	owner := s.signedIn(t)
	foreign, others := s.receive(t, stranger), s.receive(t, member)
	for _, id := range []string{stranger.ID, "nobody", strings.Repeat("0", 32)} {
		for _, page := range []string{"", "?folder=sent", "/" + foreign, "/" + foreign + "/pages/1", "/" + foreign + "/files/fax.pdf", "/" + foreign + "/delete"} {
			owner.get(t, "/members/"+id+"/faxes"+page).want(t, http.StatusNotFound)
			b.get(t, "/members/"+id+"/faxes"+page).want(t, http.StatusNotFound)
		}
		for _, action := range []string{"mark", "comment", "delete", "cancel"} {
			owner.post(t, "/members/"+id+"/faxes/"+foreign+"/"+action, url.Values{"mark": {"spam"}}).want(t, http.StatusNotFound)
		}
		owner.get(t, "/faxes?of="+id).want(t, http.StatusNotFound)
		owner.get(t, "/send?fax="+foreign+"&of="+id).want(t, http.StatusNotFound)
	}
	for _, path := range []string{"/faxes/" + foreign, "/faxes/" + others, "/members/" + member.ID + "/faxes/" + foreign, "/send?fax=" + others} {
		owner.get(t, path).want(t, http.StatusNotFound)
	}
	if slices.ContainsFunc(owner.get(t, "/faxes").all("select[name=of] option"), func(o *html.Node) bool { return attribute(o, "value") == stranger.ID }) {
		t.Error("the other organization's owner may be chosen")
	}
}
