package acceptance_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"
)

// Visitor is somebody with a browser that has cookies and no script, played by
// net/http: for rules that need many people, or requests that no browser sends.
type Visitor struct {
	server  *Server
	browser *http.Client
	headers []string // of every request
}

// Visitor opens a browser without cookies. headers go out with every request.
func (s *Server) Visitor(t *testing.T, headers ...string) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{
		server:  s,
		browser: &http.Client{Jar: jar, Timeout: programs.Timeout, CheckRedirect: stay, Transport: programs.Transport},
		headers: append([]string{"Accept-Language: en"}, headers...),
	}
}

// SignedIn is a visitor who is signed in.
func (s *Server) SignedIn(t *testing.T, who Person, headers ...string) *Visitor {
	t.Helper()
	v := s.Visitor(t, headers...)
	wantStatus(t, v.SignIn(t, who), http.StatusSeeOther)
	return v
}

// Do sends one request. Redirects are not followed.
func (v *Visitor) Do(t *testing.T, method, address, body string, headers ...string) Reply {
	t.Helper()
	r, err := fetch(v.browser, method, resolve(t, v.server.URL, address), body, append(headers, v.headers...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Get asks for a page and follows no redirect.
func (v *Visitor) Get(t *testing.T, address string) Reply {
	t.Helper()
	return v.Do(t, http.MethodGet, address, "")
}

// Post sends a form as a page of this server does.
func (v *Visitor) Post(t *testing.T, address string, form url.Values) Reply {
	t.Helper()
	return v.Do(t, http.MethodPost, address, form.Encode(), asForm, "Origin: "+v.server.URL)
}

// Open asks for a page and follows the redirects that stay at the server.
func (v *Visitor) Open(t *testing.T, address string) Reply {
	t.Helper()
	return v.settle(t, v.Get(t, address))
}

func (v *Visitor) settle(t *testing.T, r Reply) Reply {
	t.Helper()
	for range 10 {
		next := r.Header.Get("Location")
		if next == "" || !sameOrigin(t, r.URL, resolve(t, r.URL, next)) {
			return r
		}
		r = v.Get(t, resolve(t, r.URL, next))
	}
	t.Fatalf("%s redirects in a circle", r.URL)
	return r
}

// Press sends the form that has the button, with its fields as they stand but for
// those given. A redirect is not followed.
func (v *Visitor) Press(t *testing.T, page Reply, button string, fields url.Values) Reply {
	t.Helper()
	f := page.Form(t, button)
	for name, values := range fields {
		f.Fields[name] = values
	}
	address := resolve(t, page.URL, f.Action)
	if f.Method == http.MethodGet {
		return v.Get(t, address+"?"+f.Fields.Encode())
	}
	return v.Post(t, address, f.Fields)
}

// Submit is Press, and then Open of where it leads.
func (v *Visitor) Submit(t *testing.T, page Reply, button string, fields url.Values) Reply {
	t.Helper()
	return v.settle(t, v.Press(t, page, button, fields))
}

// SignIn gives the answer to the sign-in form with the person's password.
func (v *Visitor) SignIn(t *testing.T, who Person) Reply {
	t.Helper()
	return v.SignInAt(t, v.Open(t, "/login"), who)
}

// SignInAt fills in the form of the page.
func (v *Visitor) SignInAt(t *testing.T, page Reply, who Person) Reply {
	t.Helper()
	return v.Press(t, page, page.ButtonOf(t, "password"), url.Values{"email": {who.Email}, "password": {who.Password}})
}

// Visit opens what the link on the page leads to.
func (v *Visitor) Visit(t *testing.T, page Reply, link string) Reply {
	t.Helper()
	r := v.Open(t, page.Link(t, link))
	wantStatus(t, r, http.StatusOK)
	return r
}

// Cookie is the cookie that names the browser's session, nil when there is none.
func (v *Visitor) Cookie(t *testing.T) *http.Cookie {
	t.Helper()
	u, err := url.Parse(v.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.browser.Jar.Cookies(u) {
		if tokenText.MatchString(c.Value) {
			return c
		}
	}
	return nil
}
