package oauth

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxParameters bounds how many parameters a request may have. The longest one
// that any client sends has about ten.
const maxParameters = 100

// Form holds the parameters of one request that this package knows, each at most
// once (RFC 6749 3.1, 3.2). Unknown parameters are not kept.
type Form struct {
	values [len(parameters)]string
	// inQuery has a bit for each parameter that came in the query string.
	inQuery uint32
	broken  uint32 // parameters whose value is in doubt
	err     *Error // the first thing wrong; nil: nothing
}

// parameters are the names a request may use.
var parameters = [...]string{
	"response_type", "client_id", "redirect_uri", "scope", "state",
	"code_challenge", "code_challenge_method", "response_mode",
	"grant_type", "code", "code_verifier", "refresh_token", "client_secret",
	"token", "token_type_hint", "client_assertion", "client_assertion_type", "password",
}

// neverInQuery are parameters that would leave a secret in every log on the way
// (RFC 6749 2.3.1).
var neverInQuery = map[string]bool{"client_secret": true, "client_assertion": true, "password": true}

// ParseForm reads parameters from the query string and from a form body. The same
// parameter may stand in both with the same value, never twice in one of them. An
// empty value counts as absent.
//
// With an error the form still holds the parameters that are beyond doubt, so that
// the authorization endpoint can tell whether it may redirect.
func ParseForm(query, body string) (Form, error) {
	var f Form
	f.read(query, true)
	f.read(body, false)
	if f.err != nil {
		return f, f.err
	}
	return f, nil
}

// Get gives a known parameter, empty when absent.
func (f *Form) Get(name string) string {
	if i := parameter(name); i >= 0 {
		return f.values[i]
	}
	return ""
}

// FromQuery reports whether any parameter came in the query string.
func (f *Form) FromQuery() bool { return f.inQuery != 0 }

func (f *Form) read(text string, query bool) {
	var seen uint32
	for n := 0; text != ""; n++ {
		if n == maxParameters {
			*f = Form{} // nothing is beyond doubt
			f.fail(-1, "More than %d parameters. Send each parameter once.", maxParameters)
			return
		}
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			f.fail(-1, "A parameter's name is not form-encoded: a percent sign must be sent as %%25.")
			continue
		}
		i := parameter(name)
		if i < 0 {
			continue
		}
		value, err := url.QueryUnescape(rawValue)
		switch {
		case err != nil:
			f.fail(i, "The value of %s is not form-encoded: a percent sign must be sent as %%25.", name)
		case seen&(1<<i) != 0:
			f.fail(i, "The parameter %s is repeated. Send it once.", name)
		default:
			f.put(i, value, query)
		}
		seen |= 1 << i
	}
}

func (f *Form) put(i int, value string, query bool) {
	name := parameters[i]
	switch {
	case value == "" || f.broken&(1<<i) != 0:
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		f.fail(i, "The value of %s is not UTF-8 text.", name)
	case query && neverInQuery[name]:
		f.fail(i, "%s must not stand in the URL, where logs keep it. Send it in the Authorization header or in the form body, and replace the one that was sent.", name)
	case f.values[i] != "" && f.values[i] != value:
		f.fail(i, "The parameter %s has one value in the query string and another one in the body.", name)
	default:
		f.values[i] = value
		if query {
			f.inQuery |= 1 << i
		}
	}
}

// fail keeps the first error, and forgets the value that is in doubt.
func (f *Form) fail(i int, format string, args ...any) {
	if f.err == nil {
		f.err = Refuse(InvalidRequest, format, args...)
	}
	if i >= 0 {
		f.broken |= 1 << i
		f.values[i] = ""
	}
}

func parameter(name string) int {
	for i, p := range parameters {
		if p == name {
			return i
		}
	}
	return -1
}
