package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
)

func TestWebhooksAreMadeListedAndDeleted(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token, other := g.token(t, g.member, auth.WebhookEdit), g.token(t, g.lead, auth.WebhookEdit)
		a := g.postJSON(t, token, "/v3/hooks", `{"target": "https://93.184.215.14/x", "event": "fax_sent"}`).is(201, "")
		id, _ := a.json()["id"].(string)
		if secret, _ := a.json()["secret"].(string); !strings.HasPrefix(secret, "whsec_") {
			t.Errorf("the secret is %q", secret)
		}
		a.has("Cache-Control", "no-store")
		g.postJSON(t, token, "/v2/hooks", `{"target": "https://93.184.215.14/y", "event": "fax_received", "numbers": ["+15005550011"]}`).is(201, "")
		for query, want := range map[string]string{"": "/x /y", "?event=fax_sent": "/x", "?event=fax_received": "/y", "?event=": "/x /y"} {
			a := g.get(t, token, "/v3/hooks"+query).is(200, "")
			var got []string
			for _, hook := range a.json()["data"].([]any) {
				target, _ := hook.(map[string]any)["target"].(string)
				got = append(got, strings.TrimPrefix(target, "https://93.184.215.14"))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %v", query, got)
			}
			if strings.Contains(string(a.body), "whsec_") {
				t.Errorf("the secret is shown again: %s", a.body)
			}
		}
		if got := g.get(t, other, "/v3/hooks"); string(got.body) != `{"data":[]}` {
			t.Errorf("somebody else sees %s", got.body)
		}
		g.delete(t, other, "/v3/hooks/"+id, "").is(404, "hook_unknown")
		g.delete(t, token, "/v3/hooks/"+id, "").is(204, "")
		g.delete(t, token, "/v3/hooks/"+id, "").is(404, "hook_unknown")
		g.get(t, g.token(t, g.member, auth.FaxEdit), "/v3/hooks").is(403, "insufficient_scope")
	})
}

func TestAWebhookThatCannotBe(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxAllEdit)
	for body, code := range map[string]string{
		`{"target": "https://93.184.215.14/", "event": "fax_page_received"}`:          "hook_event",
		`{"target": "https://93.184.215.14/"}`:                                        "hook_event",
		`{"target": "https://93.184.215.14/", "event": "fax_sent", "numbers": []}`:    "hook_numbers_count",
		`{"target": "https://93.184.215.14/", "event": "fax_sent", "numbers": ["1"]}`: "hook_number",
		`{"target": "ftp://93.184.215.14/", "event": "fax_sent"}`:                     "hook_target",
		`{"target": "http://127.0.0.1/", "event": "fax_sent"}`:                        "hook_target_private",
		`{"event": "fax_sent"}`: "hook_target",
	} {
		a := g.postJSON(t, token, "/v3/hooks", body).is(400, code)
		if a.json()["field"] == nil {
			t.Errorf("%s names no field", body)
		}
	}
	g.get(t, token, "/v3/hooks?event=x").is(400, "hook_event")
	if got := fmt.Sprint(g.get(t, token, "/v3/hooks").json()); got != "map[data:[]]" {
		t.Errorf("there is %s", got)
	}
}
