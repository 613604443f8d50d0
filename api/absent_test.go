package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/api"
	"github.com/faxgate/faxgate/auth"
)

// What belongs to a hosted service says so to everybody who may ask at all.
func TestAbsentCallsSayThatTheyAreNotAvailable(t *testing.T) {
	g := sqlite(t)
	token, narrow := g.token(t, g.owner, auth.FaxAllEdit), g.token(t, g.owner, auth.WebhookEdit)
	fill := strings.NewReplacer("{user_id}", "self", "{fax_id}", "1", "{country_code}", "JP", "{calling_code}", "3")
	for _, route := range api.AbsentRoutes(g.api) {
		method, path, _ := strings.Cut(fill.Replace(route.Pattern), " ")
		for _, version := range []string{"/v3/", "/v2/", "/v1/"} {
			path := strings.Replace(path, "/v3/", version, 1)
			if version != "/v3/" {
				path = strings.Replace(path, "/faxes/", "/archives/", 1)
			}
			g.call(t, method, path, nil).is(401, "token_missing")
			g.call(t, method, path, nil, "Authorization", "Bearer "+narrow).is(403, "insufficient_scope")
			g.call(t, method, path, nil, "Authorization", "Bearer "+token).is(501, "not_available").says("description", "hosted service")
		}
	}
}

// The older generations have the same paths under their own number, and no others.
func TestOlderGenerationsAreServed(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.UserEdit)
	newest := g.get(t, token, "/v3/accounts/self").is(200, "")
	for _, version := range []string{"/v1", "/v2"} {
		a := g.get(t, token, version+"/accounts/self").is(200, "")
		if string(a.body) != string(newest.body) {
			t.Errorf("%s answers %s", version, a.body)
		}
		g.put(t, token, version+"/accounts/self", "").is(204, "")
		g.get(t, token, version+"/nothing").is(404, "path_unknown")
		g.get(t, token, version+"/accounts/self/faxes/1/ai/ocr").is(404, "path_unknown")
		g.call(t, http.MethodDelete, version+"/accounts/self", nil).is(405, "method_not_allowed").has("Allow", "GET, HEAD, PUT")
	}
	g.get(t, token, "/v3/accounts/self/archives/1/ai/ocr").is(404, "path_unknown")
}
