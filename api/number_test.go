package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
)

// testNumber is the number that each organization has from the beginning.
func (g *gate) testNumber(t *testing.T) string {
	t.Helper()
	numbers, _ := g.get(t, g.token(t, g.owner, auth.NumbersRead), "/v3/accounts/self/numbers").is(200, "").json()["numbers"].([]any)
	if len(numbers) != 1 {
		t.Fatalf("the organization has the numbers %v", numbers)
	}
	number, _ := numbers[0].(map[string]any)["number"].(string)
	return number
}

func TestNumbersAreAssignedAndRevoked(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		owner, member := g.token(t, g.owner, auth.NumbersEdit), g.token(t, g.member, auth.NumbersRead)
		number := g.testNumber(t)
		path := "/v3/accounts/self/numbers/" + url.PathEscape(number)
		assigned := func(want ...string) {
			t.Helper()
			for _, p := range []string{path, strings.Replace(path, "+", "%2B", 1), "/v1/accounts/" + g.owner.ID + "/numbers/" + number} {
				if got := fmt.Sprint(g.get(t, owner, p).is(200, "").json()["assigned_to"]); got != fmt.Sprint(want) {
					t.Errorf("%s: assigned to %s, want %s", p, got, want)
				}
			}
		}
		assigned(g.owner.ID)
		g.get(t, member, path).is(404, "number_unknown")
		g.put(t, owner, strings.Replace(path, "+", "%2B", 1), fmt.Sprintf(`{"assigned_to": %q}`, dashed(g.member.ID))).is(204, "")
		g.put(t, owner, path, fmt.Sprintf(`{"assigned_to": %q}`, g.member.ID)).is(204, "")
		assigned(g.owner.ID, g.member.ID)
		g.postJSON(t, owner, path, fmt.Sprintf(`{"assigned_to": %q}`, g.lead.ID)).is(204, "")
		if got := g.get(t, member, path).is(200, "").json()["number"]; got != number {
			t.Errorf("the member sees %v", got)
		}
		g.delete(t, owner, strings.Replace(path, "self", g.member.ID, 1), "").is(204, "")
		g.delete(t, owner, strings.Replace(path, "self", g.member.ID, 1), "").is(404, "number_unknown")
		assigned(g.owner.ID, g.lead.ID)
		g.delete(t, owner, path, "").is(400, "number_of_owner")
		g.delete(t, g.token(t, g.admin, auth.NumbersEdit), strings.Replace(path, "self", g.owner.ID, 1), "").is(400, "number_of_owner")
	})
}

func TestWhoMayAssignWhat(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		_, stranger := g.organization(t, "Rival")
		number := g.testNumber(t)
		path := "/v3/accounts/self/numbers/%2B" + number[1:]
		to := func(acc auth.Account) string { return fmt.Sprintf(`{"assigned_to": %q}`, acc.ID) }
		for _, acc := range []auth.Account{g.manager, g.lead, g.member} {
			token := g.token(t, acc, auth.All)
			g.put(t, token, path, to(acc)).is(403, "role_required")
			g.delete(t, token, path, "").is(403, "role_required")
		}
		admin := g.token(t, g.admin, auth.NumbersEdit)
		g.put(t, admin, path, to(stranger)).is(404, "account_unknown")
		g.put(t, admin, path, `{"assigned_to": "nobody"}`).is(404, "account_unknown")
		g.put(t, admin, path, `{"assigned_to": ["x"]}`).is(400, "json_wrong_type")
		g.put(t, admin, path, "").is(400, "value_missing")
		g.put(t, admin, "/v3/accounts/self/numbers/%2B15005559999", to(g.member)).is(404, "number_unknown")
		g.put(t, admin, "/v3/accounts/self/numbers/12", to(g.member)).is(400, "number_invalid")
		g.put(t, admin, "/v3/accounts/"+stranger.ID+"/numbers/%2B"+number[1:], to(g.member)).is(404, "account_unknown")
		g.put(t, admin, path, to(g.member)).is(204, "")
		g.put(t, g.token(t, stranger, auth.All), path, to(stranger)).is(404, "number_unknown")
		g.get(t, g.token(t, stranger, auth.All), path).is(404, "number_unknown")
		g.get(t, admin, strings.Replace(path, "self", g.member.ID, 1)).is(200, "")
		g.get(t, admin, strings.Replace(path, "self", g.lead.ID, 1)).is(404, "number_unknown")
		g.get(t, g.token(t, g.manager, auth.All), strings.Replace(path, "self", g.member.ID, 1)).is(200, "")
		g.call(t, http.MethodPatch, path, nil).is(405, "method_not_allowed").has("Allow", "DELETE, GET, HEAD, POST, PUT")
	})
}

func TestANumberIsFoundAsPeopleWriteIt(t *testing.T) {
	g := sqlite(t)
	token, number := g.token(t, g.owner, auth.NumbersRead), g.testNumber(t)
	for _, text := range []string{number, "00" + number[1:], number[:2] + " (" + number[2:5] + ") " + number[5:], "＋" + number[1:]} {
		if got := g.get(t, token, "/v3/accounts/self/numbers/"+url.PathEscape(text)).is(200, "").json()["number"]; got != number {
			t.Errorf("%s is %v", text, got)
		}
	}
}
