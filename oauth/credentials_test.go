package oauth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

// shelf is a ClientStore with a few clients that counts how often it is asked.
type shelf struct {
	oauth.ClientStore // what authentication never calls

	clients map[string]oauth.Client
	asked   []string
	uris    []string // of public clients
}

func (s *shelf) PublicRedirectURIs(context.Context) ([]string, error) { return s.uris, nil }

func (s *shelf) ClientByID(_ context.Context, id string) (oauth.Client, error) {
	s.asked = append(s.asked, id)
	c, ok := s.clients[id]
	if !ok {
		return oauth.Client{}, fault.New(fault.NotFound, "client_unknown")
	}
	return c, nil
}

// desk authenticates the clients of a shelf: one with a secret, one public.
type desk struct {
	*oauth.Authentication
	shelf              *shelf
	now                time.Time
	address            string
	id, secret, public string
}

func newDesk() *desk {
	d := &desk{
		now: time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), address: "192.0.2.1",
		id: auth.NewClientID(), secret: auth.NewSecret(auth.ClientSecret), public: auth.NewClientID(),
	}
	d.shelf = &shelf{clients: map[string]oauth.Client{
		d.id:     {ID: d.id, Secrets: []oauth.Secret{{Hash: auth.HashOf(d.secret)}}},
		d.public: {ID: d.public, Public: true, PKCERequired: true},
	}}
	now := func() time.Time { return d.now }
	d.Authentication = &oauth.Authentication{
		Clients: &oauth.Clients{Store: d.shelf, Now: now}, Now: now,
		Throttle: auth.NewThrottle(auth.FailureWindow, now, nil),
	}
	return d
}

// try sends a header and a body, and gives the client's id or the refusal.
func (d *desk) try(authorization, body string) (string, *oauth.Error) {
	f, err := oauth.ParseForm("", body)
	if err == nil {
		var c oauth.Client
		if c, err = d.Client(context.Background(), oauth.BackChannelRequest{Authorization: authorization, Address: d.address}, &f); err == nil {
			return c.ID, nil
		}
	}
	var e *oauth.Error
	if !errors.As(err, &e) {
		panic(err)
	}
	return "", e
}

func basic(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

func body(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// everyByteEncoded is a form encoding that nobody needs and everybody may send.
func everyByteEncoded(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
	}
	return b.String()
}

// RFC 6749 2.3.1, in every reading that clients in the field have of it.
func TestRFC6749_2_3_1_AClientAuthenticates(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for name, w := range map[string]struct{ authorization, body string }{
		"by Basic":                                  {basic(d.id + ":" + d.secret), ""},
		"by Basic, form-encoded":                    {basic(url.QueryEscape(d.id) + ":" + url.QueryEscape(d.secret)), ""},
		"by Basic, with APIK%2D":                    {basic(strings.Replace(d.id, "-", "%2D", 1) + ":" + d.secret), ""},
		"by Basic, with apik%2d in lower case hex":  {basic(strings.Replace(d.id, "-", "%2d", 1) + ":" + d.secret), ""},
		"by Basic, every byte encoded":              {basic(everyByteEncoded(d.id) + ":" + everyByteEncoded(d.secret)), ""},
		"by Basic without padding":                  {strings.TrimRight(basic(d.id+":"+d.secret), "="), ""},
		"by Basic under another case":               {"bAsIc" + basic(d.id + ":" + d.secret)[5:], ""},
		"by Basic with spaces":                      {"Basic   " + basic(d.id + ":" + d.secret)[6:] + " ", ""},
		"by Basic without base64, as documentation": {"Basic " + d.id + ":" + d.secret, ""},
		"by Basic with the id in the body, too":     {basic(d.id + ":" + d.secret), body("client_id", d.id)},
		"in both ways, equal":                       {basic(d.id + ":" + d.secret), body("client_id", d.id, "client_secret", d.secret)},
		"in both ways, equal, one encoded":          {basic(everyByteEncoded(d.id) + ":" + d.secret), body("client_id", d.id, "client_secret", d.secret)},
		"in the body":                               {"", body("client_id", d.id, "client_secret", d.secret)},
	} {
		if id, e := d.try(w.authorization, w.body); e != nil || id != d.id {
			t.Errorf("%s: %q, %v", name, id, e)
		}
	}
}

func TestRFC6749_2_1_APublicClientHasNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for name, w := range map[string]struct{ authorization, body string }{
		"in the body":                 {"", body("client_id", d.public)},
		"with an empty secret":        {"", "client_secret=&" + body("client_id", d.public)},
		"by Basic with none":          {basic(d.public + ":"), ""},
		"by Basic and the id in body": {basic(d.public + ":"), body("client_id", d.public)},
	} {
		if id, e := d.try(w.authorization, w.body); e != nil || id != d.public {
			t.Errorf("%s: %q, %v", name, id, e)
		}
	}
	if _, e := d.try("", body("client_id", d.public, "client_secret", d.secret)); e == nil || e.Code != oauth.InvalidClient {
		t.Errorf("a public client with somebody's secret: %v", e)
	}
}

func TestRFC6749_5_2_InvalidClientSaysWhatToSend(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for _, tt := range []struct {
		name, authorization, body, say string
		basic                          bool
	}{
		{"nothing", "", "", "No client credentials", false},
		{"a secret without an id", "", body("client_secret", d.secret), "No client credentials", false},
		{"an unknown client", basic(auth.NewClientID() + ":" + d.secret), "", "unknown or its secret is wrong", true},
		{"a wrong secret", basic(d.id + ":" + auth.NewSecret(auth.ClientSecret)), "", "unknown or its secret is wrong", true},
		{"an empty secret", basic(d.id + ":"), "", "unknown or its secret is wrong", true},
		{"an empty id", basic(":" + d.secret), "", "unknown or its secret is wrong", true},
		{"no secret in the body", "", body("client_id", d.id), "unknown or its secret is wrong", false},
		{"no colon", basic(d.id), "", "Basic needs base64(client_id:client_secret)", true},
		{"no base64, and no credentials of ours", "Basic user:password", "", "Basic needs base64(client_id:client_secret)", true},
		{"no base64, a damaged secret", "Basic " + d.id + ":" + d.secret[1:], "", "Basic needs base64(client_id:client_secret)", true},
		{"nothing behind Basic", "Basic", "", "Basic needs base64(client_id:client_secret)", true},
		{"a bearer", "Bearer " + d.secret, "", "This endpoint reads Authorization: Basic", true},
		{"a header of 5 KB", basic(strings.Repeat("a", 5000) + ":b"), "", "too long", true},
	} {
		_, e := d.try(tt.authorization, tt.body)
		if e == nil || e.Code != oauth.InvalidClient || !strings.Contains(e.Description, tt.say) || e.Basic != tt.basic {
			t.Errorf("%s: %+v, want …%s…", tt.name, e, tt.say)
		}
	}
}

// RFC 6749 2.3: a client must not use more than one way in a request. With equal
// values nothing is in doubt.
func TestRFC6749_2_3_TwoDifferentCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk()
	right := basic(d.id + ":" + d.secret)
	for name, w := range map[string]struct{ authorization, body string }{
		"another secret in the body": {right, body("client_secret", auth.NewSecret(auth.ClientSecret))},
		"another id in the body":     {right, body("client_id", d.public)},
		"another pair in the body":   {basic(d.public + ":"), body("client_id", d.id, "client_secret", d.secret)},
		"an assertion as well":       {right, body("client_assertion", "x")},
		"an assertion":               {"", body("client_id", d.id, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")},
	} {
		if _, e := d.try(w.authorization, w.body); e == nil || e.Code != oauth.InvalidRequest {
			t.Errorf("%s: %v", name, e)
		}
	}
}

func TestAnUnknownClientAndAWrongSecretAreTheSame(t *testing.T) {
	t.Parallel()
	d := newDesk()
	_, unknown := d.try("", body("client_id", auth.NewClientID(), "client_secret", d.secret))
	_, wrong := d.try("", body("client_id", d.id, "client_secret", auth.NewSecret(auth.ClientSecret)))
	if unknown == nil || wrong == nil || *unknown != *wrong {
		t.Errorf("unknown: %v, wrong: %v", unknown, wrong)
	}
}

func TestWhatIsNoClientIDNeverReachesTheDatabase(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for _, id := range []string{
		"", "APIK-", "APIK-short", "apik" + d.id[4:], d.id + "0", d.id[:24] + "\x00", d.id[:24] + "\xff", d.id[:24] + "'", "APIK-" + strings.Repeat("%", 20),
	} {
		if _, e := d.try(basic(id+":"+d.secret), ""); e == nil {
			t.Errorf("%q is a client", id)
		}
	}
	if len(d.shelf.asked) != 0 {
		t.Errorf("the database was asked for %q", d.shelf.asked)
	}
}

// RFC 6749 5.2: by the time an answer takes nobody shall tell an unknown client from a
// known one, which is remembered as well.
func TestAnUnknownClientAsksTheDatabaseOnce(t *testing.T) {
	t.Parallel()
	d := newDesk()
	id, asked := auth.NewClientID(), 0
	try := func(when string, want int) {
		t.Helper()
		if _, err := d.Clients.Known(t.Context(), id); !errors.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", when, err)
		}
		if asked += want; len(d.shelf.asked) != asked {
			t.Errorf("%s: asked %d times in all, want %d", when, len(d.shelf.asked), asked)
		}
	}
	try("the first time", 1)
	try("the second time", 0)
	d.Clients.Forget([]auth.Change{{Kind: auth.ClientChanged, Subject: id}})
	try("after it was registered or deleted", 1)
	d.now = d.now.Add(time.Minute)
	try("a minute later", 1)
	d.Clients.ForgetAll()
	try("after a gap", 1)
	d.Clients.Fresh = func() bool { return false }
	try("while changes are not heard", 1)
	try("nor is that remembered", 1)
}

// What was read while changes were not heard may be stale by the time they are.
func TestOriginsAreRememberedWhileChangesAreHeard(t *testing.T) {
	t.Parallel()
	d := newDesk()
	fresh := false
	d.Clients.Fresh = func() bool { return fresh }
	page := func(want bool) {
		t.Helper()
		if got, err := d.Clients.PublicOrigin(t.Context(), "https://app.example"); got != want || err != nil {
			t.Errorf("PublicOrigin = %t, %v, want %t", got, err, want)
		}
	}
	page(false)
	d.shelf.uris = []string{"https://app.example/cb"}
	fresh = true
	page(true)
	d.shelf.uris = nil
	page(true) // remembered
}

func TestTwoSecretsWorkDuringARotationAndTheOldOneEnds(t *testing.T) {
	t.Parallel()
	d := newDesk()
	next := auth.NewSecret(auth.ClientSecret)
	c := d.shelf.clients[d.id]
	c.Secrets[0].ExpiresAt = d.now.Add(time.Hour)
	c.Secrets = append(c.Secrets, oauth.Secret{Hash: auth.HashOf(next)})
	d.shelf.clients[d.id] = c
	for _, secret := range []string{d.secret, next} {
		if _, e := d.try(basic(d.id+":"+secret), ""); e != nil {
			t.Error(e)
		}
	}
	d.now = d.now.Add(time.Hour)
	if _, e := d.try(basic(d.id+":"+d.secret), ""); e == nil || e.Code != oauth.InvalidClient {
		t.Errorf("the old secret after its hour: %v", e)
	}
	if _, e := d.try(basic(d.id+":"+next), ""); e != nil {
		t.Errorf("the new secret: %v", e)
	}
}

func TestFailedAuthenticationsAreThrottledPerClientAndAddress(t *testing.T) {
	t.Parallel()
	d := newDesk()
	wrong := basic(d.id + ":" + auth.NewSecret(auth.ClientSecret))
	for n := range 20 {
		if _, e := d.try(wrong, ""); e.Code != oauth.InvalidClient {
			t.Fatalf("failure %d: %v", n+1, e)
		}
	}
	_, e := d.try(basic(d.id+":"+d.secret), "")
	if e == nil || e.Code != oauth.TemporarilyUnavailable || e.RetryAfter <= 0 {
		t.Fatalf("the right secret after 20 wrong ones: %+v", e)
	}
	if id, e := d.try("", body("client_id", d.public)); e != nil || id != d.public {
		t.Errorf("another client from there: %v", e)
	}
	d.now = d.now.Add(e.RetryAfter)
	if _, e := d.try(basic(d.id+":"+d.secret), ""); e != nil {
		t.Errorf("after the wait that was told: %v", e)
	}
}

func TestFailedAuthenticationsFromOneIPv6NetworkAreCountedTogether(t *testing.T) {
	t.Parallel()
	d := newDesk()
	wrong := basic(d.id + ":" + auth.NewSecret(auth.ClientSecret))
	for n := range 20 {
		d.address = fmt.Sprintf("2001:db8:1:2::%x", n)
		if _, e := d.try(wrong, ""); e.Code != oauth.InvalidClient {
			t.Fatalf("failure %d: %v", n+1, e)
		}
	}
	d.address = "2001:db8:1:2:aaaa::1"
	if _, e := d.try(wrong, ""); e.Code != oauth.TemporarilyUnavailable {
		t.Errorf("the next from one network: %v", e)
	}
	d.address = "2001:db8:1:3::1"
	if _, e := d.try(basic(d.id+":"+d.secret), ""); e != nil {
		t.Errorf("from the network beside it: %v", e)
	}
}

func TestSuccessfulAuthenticationsAreNotCounted(t *testing.T) {
	t.Parallel()
	d := newDesk()
	for range 500 {
		if _, e := d.try(basic(d.id+":"+d.secret), ""); e != nil {
			t.Fatal(e)
		}
	}
}

// FuzzBasic holds the reader of the header: it never panics, and lets nobody in
// without the secret in one of its readings.
func FuzzBasic(f *testing.F) {
	d := newDesk()
	f.Add(basic(d.id + ":" + d.secret))
	f.Add(basic("APIK%2D:%3A"))
	f.Add("Basic " + d.id + ":" + d.secret)
	f.Add("Basic ====")
	f.Add("Basic\t:")
	f.Add("Bearer x")
	f.Fuzz(func(t *testing.T, authorization string) {
		d.Throttle = auth.NewThrottle(auth.FailureWindow, time.Now, nil)
		id, e := d.try(authorization, "")
		if e != nil {
			if !allowedInDescription(e.Description) {
				t.Errorf("%q: %q", authorization, e.Description)
			}
			return
		}
		_, text, _ := strings.Cut(authorization, " ")
		if decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "=")); err == nil {
			text = string(decoded)
		}
		if once, err := url.QueryUnescape(text); err == nil && id == d.id && !strings.Contains(once, d.secret) && !strings.Contains(text, d.secret) {
			t.Errorf("%q is let in as %s", authorization, id)
		}
	})
}
