package acceptance_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Curl is the real curl with a cookie jar, as somebody without a browser uses it.
type Curl struct {
	jar      string
	language string // of the pages; empty: English
}

// NewCurl gives a curl with an empty jar.
func NewCurl(t *testing.T) *Curl {
	t.Helper()
	return &Curl{jar: filepath.Join(t.TempDir(), "cookies")}
}

// Reply is what curl got.
type Reply struct {
	URL    string
	Status int
	Header http.Header
	Body   string
}

// Do runs curl once, without following redirects. args are curl's own.
func (c *Curl) Do(t *testing.T, address string, args ...string) Reply {
	t.Helper()
	language := c.language
	if language == "" {
		language = "en"
	}
	// --raw leaves the transfer encoding as the header says it is.
	all := append([]string{"--silent", "--show-error", "--include", "--raw", "--max-time", "30",
		"--cookie", c.jar, "--cookie-jar", c.jar, "--header", "Accept-Language: " + language}, args...)
	out, err := exec.Command("curl", append(all, address)...).Output()
	if err != nil {
		t.Fatalf("curl %s: %v\n%s", address, err, stderr(err))
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(out)), nil)
	if err != nil {
		t.Fatalf("curl %s: %v\n%s", address, err, out)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("curl %s: %v", address, err)
	}
	suite.secrets.learn(string(out))
	return Reply{URL: address, Status: answer.StatusCode, Header: answer.Header, Body: string(body)}
}

// Open gets a page as a browser would: redirects that stay at the server are
// followed. One that leads elsewhere, such as to an app, is the result.
func (c *Curl) Open(t *testing.T, address string) Reply {
	t.Helper()
	return c.settle(t, c.Do(t, address))
}

func (c *Curl) settle(t *testing.T, r Reply) Reply {
	t.Helper()
	for hops := 0; r.Header.Get("Location") != ""; hops++ {
		next := resolve(t, r.URL, r.Header.Get("Location"))
		if !sameOrigin(t, r.URL, next) {
			break
		}
		if hops == 10 {
			t.Fatalf("%s redirects in a circle", r.URL)
		}
		r = c.Do(t, next)
	}
	return r
}

// Submit sends the form that has the button, with its fields as they stand except
// for those given, and opens what comes.
func (c *Curl) Submit(t *testing.T, page Reply, button string, fields url.Values) Reply {
	t.Helper()
	return c.settle(t, c.Send(t, page, button, fields))
}

// Send is Submit without following a redirect.
func (c *Curl) Send(t *testing.T, page Reply, button string, fields url.Values) Reply {
	t.Helper()
	f := page.Form(t, button)
	for name, values := range fields {
		f.Fields[name] = values
	}
	target := resolve(t, page.URL, f.Action)
	if f.Method == http.MethodGet {
		return c.Do(t, target+"?"+f.Fields.Encode())
	}
	// A browser says where the form came from; a form's page may rely on it.
	return c.Do(t, target, "--data", f.Fields.Encode(), "--header", "Origin: "+origin(t, page.URL))
}

// SignIn opens the sign-in page and signs in.
func (c *Curl) SignIn(t *testing.T, s *Server, who Person) Reply {
	t.Helper()
	return c.SignInAt(t, c.Open(t, s.URL+"/login"), who)
}

// SignInAt signs in with the form on the page.
func (c *Curl) SignInAt(t *testing.T, page Reply, who Person) Reply {
	t.Helper()
	button := page.ButtonOf(t, "password")
	r := c.Submit(t, page, button, url.Values{"email": {who.Email}, "password": {who.Password}})
	if r.Status >= http.StatusBadRequest {
		t.Fatalf("sign-in of %s: %d\n%s", who.Email, r.Status, r.Text(t))
	}
	return r
}

// Visit opens what the link on the page leads to.
func (c *Curl) Visit(t *testing.T, page Reply, link string) Reply {
	t.Helper()
	r := c.Open(t, page.Link(t, link))
	if r.Status != http.StatusOK {
		t.Fatalf("link %q leads to %s: %d\n%s", link, r.URL, r.Status, r.Text(t))
	}
	return r
}

// Use activates the control with this name, be it a link or a button.
func (c *Curl) Use(t *testing.T, page Reply, name string) Reply {
	t.Helper()
	if page.HasLink(t, name) {
		return c.Visit(t, page, name)
	}
	return c.Submit(t, page, name, nil)
}

func resolve(t *testing.T, base, reference string) string {
	t.Helper()
	b, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Parse(reference)
	if err != nil {
		t.Fatal(err)
	}
	return r.String()
}

func origin(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host
}

func sameOrigin(t *testing.T, a, b string) bool {
	t.Helper()
	return origin(t, a) == origin(t, b)
}

// query is the query of a URL, such as one that an app is called back with.
func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// squeeze makes one space of any white space.
func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
