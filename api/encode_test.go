package api_test

import (
	oldrand "math/rand"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/quick"
	"time"

	"github.com/faxgate/faxgate/api"
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// Any account, with any text in it, is answered as encoding/json would write it.
func TestAccountIsEncodedAsTheStandardLibraryWould(t *testing.T) {
	t.Parallel()
	texts := []string{"", "Hanako", "花子", `"quoted"`, `back\slash`, "<script>&", "\u2028", "\x00\x1f", "\xff broken"}
	same := func(p auth.Preferences, pick uint64, administers, dated bool) bool {
		r := rand.New(rand.NewPCG(pick, 0))
		text := func() string { return texts[r.IntN(len(texts))] }
		p.Settings.Options = []map[string]any{nil, {}, {"a": 1.5, "b": []any{"x", nil}}}[r.IntN(3)]
		p.Data.Role, p.Settings.CallerIDName = text(), text()
		acc := auth.Account{
			ID: text(), Email: text(), Name: text(), LastName: text(), Phone: text(), ProfileImage: text(),
			Role: auth.Member, Status: auth.Active, Preferences: p, CreatedAt: time.Unix(1_700_000_000, 0),
		}
		if administers {
			acc.Role = auth.Owner
		}
		if dated {
			acc.PasswordChangedAt = acc.CreatedAt
		}
		answered, standard, err := api.EncodeAccount(acc, auth.Organization{ID: text(), Name: text()})
		if err != nil {
			t.Fatal(err)
		}
		if string(answered) != string(standard) {
			t.Errorf("answered\n%s\nwant\n%s", answered, standard)
		}
		return string(answered) == string(standard)
	}
	config := &quick.Config{MaxCount: 500, Values: func(v []reflect.Value, r *oldrand.Rand) {
		for i, kind := range []reflect.Type{reflect.TypeFor[auth.Preferences](), reflect.TypeFor[uint64](), reflect.TypeFor[bool](), reflect.TypeFor[bool]()} {
			if kind == reflect.TypeFor[auth.Preferences]() {
				v[i] = reflect.ValueOf(anyPreferences(r))
				continue
			}
			v[i], _ = quick.Value(kind, r)
		}
	}}
	if err := quick.Check(same, config); err != nil {
		t.Error(err)
	}
}

// So is any answer of the token endpoint and of introspection.
func TestTokensAreEncodedAsTheStandardLibraryWould(t *testing.T) {
	t.Parallel()
	same := func(token oauth.TokenResponse, in oauth.Introspection, empty uint8) bool {
		for i, field := range []*string{&token.RefreshToken, &token.Scope, &in.Username, &in.Scope, &in.Issuer} {
			if empty>>i&1 == 1 {
				*field = ""
			}
		}
		if empty>>5&1 == 1 {
			token.RefreshTokenExpiresIn, in.ExpiresAt, in.IssuedAt = 0, 0, 0
		}
		answered, standard, err := api.EncodeOAuth(token, in)
		if err != nil || string(answered) != string(standard) {
			t.Errorf("%v, answered\n%s\nwant\n%s", err, answered, standard)
		}
		return !t.Failed()
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

// anyPreferences fills everything but the options, which testing/quick cannot make.
func anyPreferences(r *oldrand.Rand) auth.Preferences {
	data, _ := quick.Value(reflect.TypeFor[auth.AccountData](), r)
	notifications, _ := quick.Value(reflect.TypeFor[auth.Notifications](), r)
	sending, _ := quick.Value(reflect.TypeFor[auth.SendFax](), r)
	return auth.Preferences{
		Data:          data.Interface().(auth.AccountData),
		Notifications: notifications.Interface().(auth.Notifications),
		Settings:      auth.FaxSettings{SendFax: sending.Interface().(auth.SendFax)},
	}
}
