package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/line"
)

// A manager sees and does what those below may, at any depth. Owners and admins see
// what others received, and neither see nor do anything of what they sent. Everybody
// else has the own account alone.
func TestWhoSeesWhoseFaxes(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		people := map[string]auth.Account{
			"owner": g.owner, "admin": g.admin, "manager": g.manager, "lead": g.lead, "member": g.member, "remote": g.remote,
		}
		whole := map[string]string{
			"owner": "owner", "admin": "admin", "manager": "manager lead member", "lead": "lead", "member": "member", "remote": "remote",
		}
		received, sent, waiting := map[string]string{}, map[string]string{}, map[string]string{}
		for name, acc := range people {
			token := g.token(t, acc, auth.FaxEdit)
			received[name] = g.receive(t, acc).ID
			sent[name] = g.send(t, token, "+15005550001")
		}
		g.deliver(t, line.OK)
		for name, acc := range people {
			waiting[name] = g.send(t, g.token(t, acc, auth.FaxEdit), "+15005550001")
		}
		for who, caller := range people {
			token := g.token(t, caller, auth.FaxAllEdit)
			for whom, acc := range people {
				reach := "none"
				if strings.Contains(" "+whole[who]+" ", " "+whom+" ") {
					reach = "whole"
				} else if caller.Role.Administers() {
					reach = "received"
				}
				t.Run(fmt.Sprintf("%s sees of %s: %s", who, whom, reach), func(t *testing.T) {
					g.seesOf(t, token, reach, acc, received[whom], sent[whom], waiting[whom])
				})
			}
		}
	})
}

// seesOf holds what a token may see of an account against its reach: whole, received
// or none.
func (g *gate) seesOf(t *testing.T, token, reach string, acc auth.Account, received, sent, waiting string) {
	t.Helper()
	path := "/v3/accounts/" + acc.ID
	allowed := func(reaches string, a answer) {
		t.Helper()
		if strings.Contains(reaches, reach) {
			if a.StatusCode/100 != 2 {
				t.Errorf("%s %s: %d %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.body)
			}
			return
		}
		a.is(403, "role_required")
	}
	list := g.get(t, token, path+"/faxes")
	allowed("whole received", list)
	if n, want := len(list.records()), map[string]int{"whole": 2, "received": 1}[reach]; n != want {
		t.Errorf("%d faxes are listed, want %d", n, want)
	}
	allowed("whole received", g.get(t, token, path+"/faxes?category=inbox"))
	allowed("whole received", g.get(t, token, path+"/faxes?category=spam"))
	allowed("whole", g.get(t, token, path+"/faxes?category=sent"))
	for _, kind := range []string{"/faxes/", "/files/", "/report/"} {
		allowed("whole received", g.get(t, token, path+kind+received))
		allowed("whole", g.get(t, token, path+kind+sent))
	}
	allowed("whole", g.put(t, token, path+"/faxes/"+received, `{"is_read": true}`))
	allowed("whole", g.put(t, token, path+"/faxes/"+sent, `{"comment": "x"}`))
	allowed("whole", g.put(t, token, path+"/faxes", fmt.Sprintf(`{"ids": [%q]}`, received)))
	allowed("whole", g.get(t, token, path+"/outbox"))
	allowed("whole", g.get(t, token, path+"/outbox/"+waiting))
	allowed("whole", g.put(t, token, path+"/outbox/"+waiting, `{"comment": "x"}`))
	if reach != "whole" {
		g.delete(t, token, path+"/faxes/"+received, "").is(403, "role_required")
		g.delete(t, token, path+"/outbox/"+waiting, "").is(403, "role_required")
		g.delete(t, token, path+"/faxes", fmt.Sprintf(`{"ids": [%q]}`, received)).is(403, "role_required")
		g.postJSON(t, token, path+"/outbox", `{"from": "no_number", "to": ["+15005550001"]}`).is(403, "role_required")
	}
}

// What another organization has does not exist.
func TestFaxesOfAnotherOrganizationDoNotExist(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		_, stranger := g.organization(t, "Rival")
		f, own := g.receive(t, stranger), g.receive(t, g.owner)
		token := g.token(t, g.owner, auth.FaxAllEdit)
		for _, path := range []string{"/faxes", "/faxes/" + f.ID, "/files/" + f.ID, "/report/" + f.ID, "/outbox", "/outbox/" + f.ID, "/numbers", "/numbers/%2B15005550011"} {
			g.get(t, token, "/v3/accounts/"+stranger.ID+path).is(404, "account_unknown")
		}
		for _, path := range []string{"/faxes/", "/files/", "/report/", "/outbox/"} {
			g.get(t, token, "/v3/accounts/self"+path+f.ID).is(404, "fax_unknown")
		}
		g.put(t, token, "/v3/accounts/self/faxes/"+f.ID, `{"comment": "x"}`).is(404, "fax_unknown")
		g.delete(t, token, "/v3/accounts/self/faxes/"+f.ID, "").is(404, "fax_unknown")
		g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(
			`{"from": "no_number", "to": ["+15005550001"], "from_fax": {"fax_id": %q, "user_id": %q}}`, f.ID, stranger.ID)).is(404, "account_unknown")
		g.get(t, g.token(t, stranger, auth.FaxAllEdit), "/v3/accounts/self/faxes/"+own.ID).is(404, "fax_unknown")
	})
}
