package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

func TestRFC6750_3_WhyATokenIsRefused(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		g.get(t, "", "/v3/accounts/self")
		revoked, expired := g.token(t, g.member, auth.UserRead), g.token(t, g.member, auth.UserRead)
		all, err := g.pats.List(t.Context(), auth.Caller{Account: g.member, Organization: g.org}, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range all {
			if token.Hash == auth.HashOf(revoked) {
				if err := g.pats.Revoke(t.Context(), auth.Caller{Account: g.member, Organization: g.org}, token.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		g.clock.Advance(auth.DefaultTokenAge)
		live := g.token(t, g.member, auth.UserRead)
		for _, tt := range []struct{ authorization, code, reason, at, challenge string }{
			{"", "token_missing", "", "", ``},
			{"Basic QVBJSzo=", "token_not_bearer", "", "", ``},
			{live, "token_not_bearer", "", "", ``},
			{"Bearer", "invalid_token", "token_unknown_form", "", `, error="invalid_token"`},
			{"Bearer x", "invalid_token", "token_unknown_form", "", `, error="invalid_token"`},
			{"Bearer " + live[:30], "invalid_token", "token_damaged", "", `, error="invalid_token"`},
			{"Bearer " + live + " " + live, "invalid_token", "token_damaged", "", `, error="invalid_token"`},
			{"Bearer " + auth.NewSecret(auth.RefreshToken), "invalid_token", "token_wrong_kind", "", `, error="invalid_token"`},
			{"Bearer " + auth.NewSecret(auth.AccessToken), "invalid_token", "token_unknown_here", "", `, error="invalid_token"`},
			{"Bearer " + revoked, "invalid_token", "token_revoked", "2026-11-23T07:05:00Z", `, error="invalid_token"`},
			{"Bearer " + expired, "invalid_token", "token_expired", "2027-02-21T07:05:00Z", `, error="invalid_token"`},
		} {
			headers := []string{"Authorization", tt.authorization}
			if tt.authorization == "" {
				headers = nil
			}
			a := g.call(t, "GET", "/v3/accounts/self", nil, headers...).is(401, tt.code)
			reason, _ := a.json()["reason"].(string)
			when, _ := a.json()["at"].(string)
			if reason != tt.reason || when != tt.at {
				t.Errorf("%.20s: reason %q at %q, want %q at %q", tt.authorization, reason, when, tt.reason, tt.at)
			}
			got := a.Header.Get("WWW-Authenticate")
			if !strings.HasPrefix(got, `Bearer realm="faxgate"`+tt.challenge) || tt.challenge == "" && strings.Contains(got, "error") {
				t.Errorf("%.20s: the challenge is %s", tt.authorization, got)
			}
		}
		g.call(t, "GET", "/v3/accounts/self", nil, "Authorization", "bEaReR  "+live).is(200, "")
	})
}

// RFC 6750 2; OAuth 2.1 5.1.1: a token is read from the header alone.
func TestRFC6750_2_ATokenInTheURLOrTheBodyIsNone(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.All)
	g.call(t, "GET", "/v3/accounts/self?access_token="+token, nil).is(401, "token_missing")
	g.call(t, "PUT", "/v3/accounts/self", strings.NewReader("access_token="+token), "Content-Type", "application/x-www-form-urlencoded").is(401, "token_missing")
	g.call(t, "GET", "/v3/accounts/self", nil, "Cookie", "access_token="+token).is(401, "token_missing")
	if strings.Contains(g.log.String(), token[4:]) {
		t.Error("the token is in the log")
	}
}

func TestRepeatedHeaders(t *testing.T) {
	g := sqlite(t)
	token := "Bearer " + g.token(t, g.member, auth.All)
	g.call(t, "GET", "/v3/accounts/self", nil, "Authorization", token, "Authorization", token).is(400, "authorization_repeated")
	g.call(t, "POST", "/token", nil, "Authorization", "Basic x", "Authorization", "Basic x").is(400, "invalid_request")
}

func TestASmallerPlanIs403(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.owner, auth.All)
		g.get(t, token, "/v3/accounts/self").is(200, "")
		g.change(t, func(o *auth.Organization) { o.Plan = auth.Business })
		g.get(t, token, "/v3/accounts/self").is(403, "plan_required").says("description", "Enterprise")
		g.change(t, func(o *auth.Organization) { o.Plan = auth.Enterprise })
		g.get(t, token, "/v3/accounts/self").is(200, "")
	})
}

// change edits the organization as a command on the server does.
func (g *gate) change(t *testing.T, edit func(*auth.Organization)) {
	t.Helper()
	err := g.db.ChangeOrganization(t.Context(), g.org.ID, func(o *auth.Organization) error {
		edit(o)
		return nil
	}, g.audit(g.org.ID))
	if err != nil {
		t.Fatal(err)
	}
}

func TestMalformedJSONSaysWhere(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.owner, auth.All)
	for body, at := range map[string]string{`{`: "byte 1.", `{"name": "A"`: "byte 12.", `{"name": A}`: "byte 10.", `{"name": "A",}`: "byte 14."} {
		g.put(t, token, "/v3/accounts/self", body).is(400, "json_malformed").says("description", at)
	}
	g.put(t, token, "/v3/accounts/self", "\ufeff{\"name\": \"A\"}").is(204, "")
}

func TestAWrongTypeNamesTheRightOne(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.owner, auth.All)
	for body, want := range map[string]string{
		`{"name": 5}`: "number instead of string", `{"settings": "x"}`: "string instead of object",
		`{"settings": {"options": 1}}`:                         "number instead of object",
		`{"account_data": {"save_history": "x"}}`:              "string instead of boolean",
		`{"settings": {"send_fax": {"retry": {"count": []}}}}`: "array instead of integer",
		`{"notifications": {"black_list": {"uids": "x"}}}`:     "string instead of array",
	} {
		g.put(t, token, "/v3/accounts/self", body).is(400, "json_wrong_type").says("description", want)
	}
}

func TestBadJSONIsA400ThatNamesWhatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.owner, auth.All)
		for _, tt := range []struct{ body, code, field string }{
			{`{"name": 5}`, "json_wrong_type", "name"},
			{`{"name": {"a": "b"}}`, "json_wrong_type", "name"},
			{`{"settings": []}`, "json_wrong_type", "settings"},
			{`{"settings": "x"}`, "json_wrong_type", "settings"},
			{`{"settings": true}`, "json_wrong_type", "settings"},
			{`{"account_data": 7}`, "json_wrong_type", "account_data"},
			{`{"account_data": {"role": []}}`, "json_wrong_type", "account_data.role"},
			{`{"account_data": {"save_history": "yes"}}`, "json_wrong_type", "account_data.save_history"},
			{`{"settings": {"send_fax": {"retry": {"count": "3"}}}}`, "json_wrong_type", "settings.send_fax.retry.count"},
			{`{"settings": {"send_fax": {"retry": {"count": 1.5}}}}`, "json_wrong_type", "settings.send_fax.retry.count"},
			{`{"settings": {"send_fax": {"retry": {"count": 1` + strings.Repeat("0", 1000) + `}}}}`, "json_wrong_type", "settings.send_fax.retry.count"},
			{`{"notifications": {"settings": {"email": {"receive_fax": 1}}}}`, "json_wrong_type", "notifications.settings.email.receive_fax"},
			{`{"notifications": {"black_list": {"uids": [1]}}}`, "json_wrong_type", "notifications.black_list.uids"},
			{`{"settings": {"send_fax": {"retry": {"count": 4}}}}`, "value_out_of_range", "settings.send_fax.retry.count"},
			{`{"account_data": {"default_file_type": "doc"}}`, "value_not_allowed", "account_data.default_file_type"},
			{`{"notifications": {"settings": {"language": "fa"}}}`, "value_not_allowed", "notifications.settings.language"},
			{`{"notifications": {"settings": {"slack": {}}}}`, "value_not_allowed", "notifications.settings.slack.receive_fax"},
			{`{"name": "` + strings.Repeat("名", 101) + `"}`, "text_too_long", "name"},
			{`{"notifications": {"settings": {"email": {"addresses": ["inbox@clinic.example", "inbox"]}}}}`, "email_address_invalid", "notifications.settings.email.addresses"},
			{`{"name": "a\u0000b"}`, "text_characters", "name"},
			{`{"phone": "03-1234-5678"}`, "phone_invalid", "phone"},
			{`{"phone": "+123"}`, "phone_invalid", "phone"},
			{`{"email": "nobody"}`, "email_invalid", "email"},
			{`{"email": ""}`, "email_invalid", "email"},
			{`{"email": "a@b.example\u0000"}`, "email_invalid", "email"},
			{`{"email": "a@b.example, c@d.example"}`, "email_invalid", "email"},
			{`null`, "json_object_expected", ""},
			{`[]`, "json_object_expected", ""},
			{`"x"`, "json_object_expected", ""},
			{`5`, "json_object_expected", ""},
			{`{`, "json_malformed", ""},
			{`{"name": "A"`, "json_malformed", ""},
			{`{name: "A"}`, "json_malformed", ""},
			{`{"name": "A",}`, "json_malformed", ""},
			{`{"name": "A"} {}`, "json_trailing", ""},
			{`{"name": "A"}]`, "json_trailing", ""},
			{"{\"name\": \"\xff\"}", "json_not_utf8", ""},
			{strings.Repeat(`{"settings":`, 20_000), "json_malformed", ""},
		} {
			a := g.put(t, token, "/v3/accounts/self", tt.body).is(400, tt.code)
			if field, _ := a.json()["field"].(string); field != tt.field {
				t.Errorf("%.60s: the field is %q, want %q", tt.body, field, tt.field)
			}
			if len(a.body) > 1000 {
				t.Errorf("%.60s: %d bytes come back", tt.body, len(a.body))
			}
		}
	})
}

func TestAFormInsteadOfJSONIsRefused(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.owner, auth.All)
	g.call(t, "PUT", "/v3/accounts/self", strings.NewReader("name=A"), "Authorization", "Bearer "+token,
		"Content-Type", "application/x-www-form-urlencoded").is(415, "json_expected")
}

// RFC 9110 15.5.16: a compressed body is told from a broken one, and the header says what
// would do. RFC 6749 5.2 has 400 for it.
func TestRFC9110_15_5_16_ACompressedBodyIs415(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.owner, auth.All)
	send := func(method, path, contentType, body string, headers ...string) answer {
		return g.call(t, method, path, bytes.NewReader(compressed(t, body)), append([]string{
			"Authorization", "Bearer " + token, "Content-Type", contentType, "Content-Encoding", "gzip"}, headers...)...)
	}
	file, multipart := fileForm(t, "a.pdf", "%PDF-1.4")
	for _, a := range []answer{
		send("PUT", "/v3/accounts/self", "application/json", `{"name": "A"}`),
		send("POST", "/v3/accounts/self/outbox", "application/json", `{}`),
		send("DELETE", "/v1/accounts/self/archives", "application/json", `{"ids": ["x"]}`),
		send("POST", "/v3/accounts/self/files", multipart, file),
	} {
		a.is(415, "body_compressed").has("Accept-Encoding", "identity").says("description", "compressed")
	}
	send("PUT", "/v3/accounts/self", "application/json", `{"name": "A"}`, "Accept-Language", "ja").says("description", "圧縮")
	for _, path := range []string{"/token", "/oauth/token", "/oauth/revoke", "/oauth/introspect"} {
		send("POST", path, "application/x-www-form-urlencoded", "grant_type=refresh_token").
			is(400, "invalid_request").has("Accept-Encoding", "identity").says("error_description", "compressed")
	}
	g.call(t, "PUT", "/v3/accounts/self", strings.NewReader(`{"name": "A"}`), "Authorization", "Bearer "+token,
		"Content-Type", "application/json", "Content-Encoding", "identity").is(204, "")
}

// compressed is a text under the content coding gzip.
func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// endless is a body without an end that tells how much was read of it.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return copy(b, bytes.Repeat([]byte(" "), len(b))), nil
}

// A body that says how long it is gets refused unread; of one that does not, little
// more is read than the limit.
func TestAHugeBodyIsNotRead(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.owner, auth.All)
	for name, x := range map[string]struct {
		method, path, contentType string
		length                    int64 // as declared; -1: chunks
		most                      int   // bytes that may be read
	}{
		"JSON with its length":   {"PUT", "/v3/accounts/self", "application/json", 2 << 20, 0},
		"JSON in chunks":         {"PUT", "/v3/accounts/self", "application/json", -1, 2 << 20},
		"a form with its length": {"POST", "/token", "application/x-www-form-urlencoded", 65 << 10, 0},
		"a form in chunks":       {"POST", "/token", "application/x-www-form-urlencoded", -1, 128 << 10},
	} {
		body := new(endless)
		r := httptest.NewRequest(x.method, x.path, body)
		r.ContentLength = x.length
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", x.contentType)
		w := httptest.NewRecorder()
		g.Config.Handler.ServeHTTP(w, r)
		if w.Code != http.StatusRequestEntityTooLarge || body.read > x.most {
			t.Errorf("%s: %d %s, %d bytes were read", name, w.Code, w.Body, body.read)
		}
	}
	g.put(t, token, "/v3/accounts/self", strings.Repeat(" ", 2<<20)).is(413, "body_too_large")
	g.post(t, "/token", strings.Repeat("a", 65<<10)).is(413, "invalid_request")
	g.put(t, token, "/v3/accounts/self", `{"name": "A"}`+strings.Repeat(" ", 1<<20-13)).is(204, "") // 1 MiB exactly
}

func TestAnOtherMethodIs405WithAllow(t *testing.T) {
	g := sqlite(t)
	for _, tt := range []struct{ method, path, allow, code string }{
		{"POST", "/v3/accounts", "GET, HEAD", "method_not_allowed"},
		{"DELETE", "/v3/accounts/self", "GET, HEAD, PUT", "method_not_allowed"},
		{"PATCH", "/v3/accounts/self/member-details/x", "GET, HEAD, PUT", "method_not_allowed"},
		{"OPTIONS", "/v3/accounts/self", "GET, HEAD, PUT", "method_not_allowed"},
		{"GET", "/token", "POST", "invalid_request"},
		{"PUT", "/oauth/token", "POST", "invalid_request"},
		{"GET", "/oauth/revoke", "POST", "invalid_request"},
		{"GET", "/oauth/introspect", "POST", "invalid_request"},
		{"POST", "/openapi.json", "GET, HEAD", "method_not_allowed"},
		{"POST", "/.well-known/oauth-authorization-server", "GET, HEAD", "method_not_allowed"},
		{"POST", "/healthz", "GET, HEAD", "method_not_allowed"},
		{strings.Repeat("X", 500), "/v3/accounts", "GET, HEAD", "method_not_allowed"},
	} {
		g.call(t, tt.method, tt.path, nil).is(405, tt.code).has("Allow", tt.allow)
	}
}

func TestHEADIsGETWithoutABody(t *testing.T) {
	g := sqlite(t)
	a := g.call(t, "HEAD", "/v3/accounts/self", nil, "Authorization", "Bearer "+g.token(t, g.member, auth.UserRead))
	if a.StatusCode != http.StatusOK || len(a.body) != 0 {
		t.Errorf("%d, %d bytes", a.StatusCode, len(a.body))
	}
}

func TestAnUnknownPathIsA404InJSON(t *testing.T) {
	g := sqlite(t)
	for _, path := range []string{"/v3/", "/v3/faxes", "/v3/accounts/", "/v3/accounts/self/", "/v3/accounts/self/x", "/v3/%ff", "/v3/accounts/self%2Fmember-details"} {
		a := g.call(t, "GET", path, nil)
		if path == "/v3/accounts/self%2Fmember-details" { // one segment with a slash in it
			a.is(401, "token_missing")
			continue
		}
		a.is(404, "path_unknown")
	}
	g.call(t, "DELETE", "/v3/nothing", nil).is(404, "path_unknown")
}

func TestErrorsSpeakTheCallersLanguage(t *testing.T) {
	g := sqlite(t)
	japanese := regexp.MustCompile(`\p{Hiragana}`)
	for header, want := range map[string]string{
		"": "en", "ja": "ja", "ja-JP,en;q=0.5": "ja", "en,ja;q=0.9": "en", "fr": "en", "fr, ja;q=0.1": "ja",
		strings.Repeat("x", 5000): "en", "ja;q=2": "en", "\xff": "en",
	} {
		a := g.call(t, "GET", "/v3/accounts/self", nil, "Accept-Language", header).is(401, "token_missing")
		if header != "" {
			a.has("Content-Language", want).has("Vary", "Accept-Language")
		}
		for _, key := range []string{"description", "action"} {
			if text, _ := a.json()[key].(string); text == "" || japanese.MatchString(text) != (want == "ja") {
				t.Errorf("%.20q: %s is %q", header, key, text)
			}
		}
	}
	a := g.call(t, "GET", "/v3/accounts/self", nil, "Accept-Language", "ja", "Authorization", "Bearer x").is(401, "invalid_token")
	for _, r := range a.Header.Get("Www-Authenticate") { // RFC 6750 3: ASCII
		if r > 0x7e {
			t.Errorf("the challenge is %s", a.Header.Get("Www-Authenticate"))
			break
		}
	}
}

// lost is a store whose database is gone.
type lost struct{ oauth.TokenStore }

var errLost = errors.New("sql: the disk is gone")

func (lost) TokenByHash(context.Context, auth.Prefix, auth.Hash) (auth.Token, error) {
	return auth.Token{}, errLost
}

func (lost) AccountAndOrganization(context.Context, string) (auth.Account, auth.Organization, error) {
	return auth.Account{}, auth.Organization{}, errLost
}

func (lost) RefreshTokenByHash(context.Context, auth.Hash) (oauth.RefreshToken, error) {
	return oauth.RefreshToken{}, errLost
}

// The server's own trouble: nothing of it in the answer, all of it in the log.
func TestA500IsBareAndItsRequestIsInTheLog(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.owner, auth.All)
	client, secret := g.register(t, confidential())
	g.api.Check.Store, g.api.Tokens.Store = lost{}, lost{}
	for _, a := range []answer{
		g.get(t, token, "/v3/accounts/self").is(500, "internal"),
		g.post(t, "/token", form("grant_type", "refresh_token", "refresh_token", auth.NewSecret(auth.RefreshToken)),
			"Authorization", basic(client.ID, secret)).is(500, "server_error"),
	} {
		id, _ := a.json()["request_id"].(string)
		if strings.Contains(string(a.body), "sql") || id == "" || id != a.Header.Get("X-Request-Id") {
			t.Errorf("the answer is %s", a.body)
		}
		if log := g.log.String(); !strings.Contains(log, id) || !strings.Contains(log, errLost.Error()) {
			t.Errorf("the log has no cause for %s", id)
		}
	}
}

func TestEveryAnswerHasItsRequestID(t *testing.T) {
	g := sqlite(t)
	for _, a := range []answer{
		g.call(t, http.MethodGet, "/healthz", nil),
		g.call(t, http.MethodGet, "/v3/x", nil),
		g.call(t, http.MethodGet, "/token", nil),
	} {
		if id := a.Header.Get("X-Request-Id"); len(id) != 16 || a.StatusCode >= 400 && a.json()["request_id"] != id {
			t.Errorf("%s: %q, %s", a.Request.URL.Path, id, a.body)
		}
	}
}
