package acceptance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// driver is a program around somebody's client library. What it prints is
// described in clients/driver.mjs.
type driver struct {
	name    string
	command []string
	public  bool // no client secret; refresh tokens rotate
}

var drivers = []driver{
	{name: "oauth4webapi", command: []string{"node", "clients/oauth4webapi.mjs"}},
	{name: "oauth4webapi-public", command: []string{"node", "clients/oauth4webapi.mjs"}, public: true},
	{name: "openid-client", command: []string{"node", "clients/openid-client.mjs"}},
	{name: "simple-oauth2", command: []string{"node", "clients/simple-oauth2.mjs"}},
	{name: "badgateway-oauth2-client", command: []string{"node", "clients/badgateway-oauth2-client.mjs"}},
	{name: "client-oauth2", command: []string{"node", "clients/client-oauth2.mjs"}},
	{name: "passport-oauth2", command: []string{"node", "clients/passport-oauth2.mjs"}},
	// Debian's interpreter, because Debian's packages are what is pinned.
	{name: "requests-oauthlib", command: []string{"/usr/bin/python3", "clients/requests-oauthlib.py"}},
	{name: "authlib", command: []string{"/usr/bin/python3", "clients/authlib-client.py"}},
}

// report is one line of a driver.
type report struct {
	Authorize string          `json:"authorize"`
	Exchanged bool            `json:"exchanged"`
	Refreshed int             `json:"refreshed"`
	Fresh     bool            `json:"fresh"`   // another access token than before
	Rotated   bool            `json:"rotated"` // another refresh token than before
	ExpiresIn float64         `json:"expires_in"`
	TokenType string          `json:"token_type"`
	Scope     string          `json:"scope"`
	Account   json.RawMessage `json:"account"`
	Error     string          `json:"error"`
}

// driving is a driver that runs.
type driving struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  *json.Decoder
	stderr bytes.Buffer
}

// drive starts a driver as a client that is registered at the server.
func drive(t *testing.T, s *Server, d driver) *driving {
	t.Helper()
	redirect := "http://" + freeAddress(t) + "/callback"
	var flags []string
	if d.public {
		flags = []string{"--public"}
	}
	client := s.Client(t, d.name, redirect, flags...)
	r := &driving{t: t, cmd: exec.Command(d.command[0], d.command[1:]...)}
	r.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1",
		"FAXGATE_URL=" + s.URL, "CLIENT_ID=" + client.ID, "REDIRECT_URI=" + redirect,
	}
	if !d.public {
		r.cmd.Env = append(r.cmd.Env, "CLIENT_SECRET="+client.Secret)
	}
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.lines = json.NewDecoder(bufio.NewReader(out))
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("%v; scripts/install.sh test installs what is missing", err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill() }) // a driver that ended already is left alone
	return r
}

// next reads the driver's next line, which must not be an error.
func (r *driving) next() report {
	r.t.Helper()
	line := r.read()
	if line.Error != "" {
		r.t.Fatalf("the driver says: %s\n%s", line.Error, r.stderr.String())
	}
	return line
}

func (r *driving) read() report {
	r.t.Helper()
	var line report
	if err := r.lines.Decode(&line); err != nil {
		r.cmd.Wait()
		r.t.Fatalf("the driver ended: %v\n%s", err, r.stderr.String())
	}
	return line
}

// end waits for the driver's last breath.
func (r *driving) end() {
	r.t.Helper()
	if err := r.lines.Decode(&report{}); err != io.EOF {
		r.t.Errorf("the driver said more than expected: %v", err)
	}
	if err := r.cmd.Wait(); err != nil {
		r.t.Errorf("driver: %v\n%s", err, r.stderr.String())
	}
}

// Each client runs the code flow with a person who presses Allow, refreshes twice
// and calls the API, all with its own defaults.
func TestThirdPartyClients(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	t.Run("clients", func(t *testing.T) {
		for _, d := range drivers {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				playClient(t, s, d)
			})
		}
		t.Run("golang.org/x/oauth2", func(t *testing.T) {
			t.Parallel()
			playGoClient(t, s)
		})
	})
}

func playClient(t *testing.T, s *Server, d driver) {
	r := drive(t, s, d)
	page := Open(t, View{NoScript: d.public})
	page.Goto(t, r.next().Authorize)
	page.SignIn(t, s.Owner)
	page.Press(t, "Allow")
	page.Wait(t, Heading("done"))

	if got := r.next(); !got.Exchanged || !lastsAnHour(got.ExpiresIn) {
		t.Errorf("code exchange: %+v, want a token of 3600 s", got)
	}
	for n := 1; n <= 2; n++ {
		got := r.next()
		if got.Refreshed != n || !got.Fresh || !lastsAnHour(got.ExpiresIn) {
			t.Errorf("refresh %d: %+v, want a fresh token of 3600 s", n, got)
		}
		if got.Rotated != d.public {
			t.Errorf("refresh %d: the refresh token changed: %t, want %t", n, got.Rotated, d.public)
		}
	}
	checkAccount(t, r.next().Account, s.Owner)
	r.end()
}

// lastsAnHour allows for libraries that keep the moment of expiry and count back.
func lastsAnHour(seconds float64) bool { return seconds > 3590 && seconds <= 3600 }

func checkAccount(t *testing.T, body []byte, want Person) {
	t.Helper()
	var account struct {
		UID   string `json:"uid"`
		Email string `json:"email"`
	}
	if err := json.Unmarshal(body, &account); err != nil {
		t.Fatalf("account: %v\n%s", err, body)
	}
	if account.Email != want.Email || account.UID == "" {
		t.Errorf("account %s of %q, want that of %q", account.UID, account.Email, want.Email)
	}
}

// A person who presses Cancel leaves each client with the standard's error.
func TestThirdPartyClientCancelled(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	t.Run("clients", func(t *testing.T) {
		for _, d := range []driver{drivers[0], drivers[len(drivers)-2]} {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				r := drive(t, s, d)
				page := Open(t, View{})
				page.Goto(t, r.next().Authorize)
				page.SignIn(t, s.Owner)
				page.Press(t, "Cancel")
				page.Wait(t, Heading("done"))
				if got := r.read(); !strings.Contains(got.Error, "access_denied") && !strings.Contains(got.Error, "AccessDenied") {
					t.Errorf("after Cancel the library says %q, want access_denied", got.Error)
				}
			})
		}
	})
}

// golang.org/x/oauth2 finds out by trial how the server wants the client to
// authenticate: it sends the code a second time when the first answer is an error.
func playGoClient(t *testing.T, s *Server) {
	back := newCallback(t)
	client := s.Client(t, "golang.org/x/oauth2", back.URL)
	config := &oauth2.Config{
		ClientID: client.ID, ClientSecret: client.Secret, RedirectURL: back.URL, Scopes: []string{"all"},
		Endpoint: oauth2.Endpoint{AuthURL: s.URL + "/login", TokenURL: s.URL + "/token"},
	}
	page := Open(t, View{})
	page.Goto(t, config.AuthCodeURL("state of Go"))
	page.SignIn(t, s.Owner)
	page.Press(t, "Allow")
	query := back.Wait(t)
	if got := query.Get("state"); got != "state of Go" {
		t.Errorf("state %q came back", got)
	}
	token, err := config.Exchange(t.Context(), query.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	suite.secrets.learn(token.AccessToken + " " + token.RefreshToken)
	useGoClient(t, s, config, client, token)
}

func useGoClient(t *testing.T, s *Server, config *oauth2.Config, client Client, token *oauth2.Token) {
	t.Helper()
	token.Expiry = token.Expiry.AddDate(-1, 0, 0) // long ago: the library refreshes by itself
	source := config.TokenSource(t.Context(), token)
	fresh, err := source.Token()
	if err != nil {
		t.Fatal(err)
	}
	suite.secrets.learn(fresh.AccessToken + " " + fresh.RefreshToken)
	if fresh.AccessToken == token.AccessToken || fresh.RefreshToken != token.RefreshToken {
		t.Errorf("refresh: want another access token and the same refresh token")
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v3/accounts/self", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-fax-clientid", client.ID)
	answer, err := oauth2.NewClient(t.Context(), source).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("GET /v3/accounts/self: %s %v\n%s", answer.Status, err, body)
	}
	checkAccount(t, body, s.Owner)
}

// Every driver in clients/ is in the table above.
func TestEveryDriverIsPlayed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("clients/*.*")
	if err != nil {
		t.Fatal(err)
	}
	played := map[string]bool{"clients/driver.mjs": true, "clients/driver.py": true}
	for _, d := range drivers {
		played[d.command[1]] = true
	}
	for _, file := range files {
		if !played[file] {
			t.Errorf("%s is in no test", file)
		}
	}
}
