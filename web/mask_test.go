package web_test

import (
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/web"
)

func TestAPathInTheLogHasNoSecret(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v3/accounts/self": "/v3/accounts/self",
		"/a_b/c_d":          "/a_b/c_d",
		"/x\ny\x7f":         "/x?y?",
		"/\xff":             "/?",
		"/\u2028":           "/\u2028",
		"/whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw?x": "/whsec_…?x",
	} {
		if got := web.Masked(path); got != want {
			t.Errorf("Masked(%q) = %q, want %q", path, got, want)
		}
	}
	for _, p := range []auth.Prefix{
		auth.PersonalAccessToken, auth.AccessToken, auth.RefreshToken, auth.AuthorizationCode,
		auth.ClientSecret, auth.BrowserSession, auth.OneTimeLink, auth.ConsentTicket,
	} {
		secret := auth.NewSecret(p)
		for _, path := range []string{"/" + secret, "/reset/" + secret + "/x", "/x" + secret, "/" + strings.ToUpper(secret), "/" + strings.Repeat("a", 170) + secret} {
			if got := web.Masked(path); strings.Contains(got, secret[4:12]) || strings.Contains(got, strings.ToUpper(secret[4:12])) || len(got) > 210 {
				t.Errorf("a %s shows in a path of %d characters", p, len(got))
			}
		}
	}
}
