package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// quickstartCommand is `faxgate quickstart`: the first run in a terminal. It makes the
// owner if there is none, and a token, and sends a fax to the test line and gets one
// back, through the API of the server that runs on the same data. Where none runs, it
// starts one for as long as it takes.
type quickstartCommand struct {
	serveCommand
	JSON   bool   `name:"json"`
	Output string `default:"." placeholder:"DIR"`
}

const (
	quickstartTokenAge = 7 * 24 * time.Hour
	quickstartPatience = 90 * time.Second // with a slow processor's first conversion
)

// firstRun is a quickstart at work.
type firstRun struct {
	*invocation
	*server.Rules
	command  *quickstartCommand
	language locale.Language
	account  auth.Account
	by       auth.Caller
}

func (c *quickstartCommand) run(ctx context.Context, in *invocation) (err error) {
	if err := in.settings.check(c.groups()...); err != nil {
		return err
	}
	lines := newBatchWriter(in.stderr)
	defer lines.Close()
	log := newLog(lines, slog.LevelError) // what is simulated is told at the end
	data, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.db.Close()) }()
	f := &firstRun{invocation: in, command: c, language: in.language()}
	f.Rules = server.NewRules(data.db, server.Base{PublicURL: c.publicURL(nil), Key: data.key, Log: log})
	if err := f.findOwner(ctx); err != nil {
		return err
	}
	url, stop, err := f.server(ctx, data, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	ctx, cancel := context.WithTimeout(ctx, quickstartPatience)
	defer cancel()
	return f.through(ctx, url)
}

// through makes the token, sends the fax, and shows what became of it.
func (f *firstRun) through(ctx context.Context, url string) error {
	token, expires, err := f.token(ctx)
	if err != nil {
		return err
	}
	f.say("quickstart.token", map[string]any{
		"email": f.account.Email, "token": token, "expires": locale.DateTime(f.language, expires, f.account.Location(f.by.Organization)),
	})
	began := time.Now()
	t, err := f.send(ctx, &apiClient{url, token, localClient()})
	if err != nil {
		return err
	}
	r := quickstartResult{
		URL: url, Email: f.account.Email, Token: token, TokenExpiresAt: stamp(expires), quickstartTrip: t,
		Seconds: time.Since(began).Seconds(),
	}
	return f.show(r)
}

// say tells a person how things stand. Programs hear of it at the end.
func (f *firstRun) say(id string, params map[string]any) {
	if !f.command.JSON {
		fmt.Fprintln(f.stdout, locale.Text(f.language, id, params))
	}
}

// token makes a personal access token that may send and read faxes. Its name has the
// time: there may be several.
func (f *firstRun) token(ctx context.Context) (secret string, expires time.Time, err error) {
	now := f.Tokens.Now()
	secret, t, err := f.Tokens.Generate(ctx, f.by, auth.NewToken{
		AccountID: f.account.ID, Name: "quickstart " + now.UTC().Format("2006-01-02 15:04:05.000"),
		Scopes: auth.FaxRead | auth.FaxEdit | auth.NumbersRead, ExpiresAt: now.Add(quickstartTokenAge),
	})
	return secret, t.ExpiresAt, err
}

// server is where the server of this data answers. Where none does, it is started, and
// stop ends it.
func (f *firstRun) server(ctx context.Context, data data, log *slog.Logger) (url string, stop func() error, err error) {
	address := f.command.addressSettings
	probe, cancel := context.WithTimeout(ctx, healthcheckPatience)
	defer cancel()
	if !address.portByChance() && healthy(probe, address.local("/healthz")) == nil {
		return address.local(""), func() error { return nil }, nil
	}
	found := findEngine(ctx)
	l, err := f.command.listen(ctx)
	if err != nil {
		return "", nil, err
	}
	quiet := *f.program
	quiet.stdout = io.Discard
	in := &invocation{program: &quiet, settings: f.settings}
	serving, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- f.command.serveOn(serving, l, in, data, found, log) }()
	address.Listen = l.Addr().String()
	return address.local(""), func() error { end(); return <-ended }, nil
}

// portByChance reports whether only the server itself knows its port.
func (s *addressSettings) portByChance() bool {
	_, port, err := net.SplitHostPort(s.Listen)
	return err == nil && port == "0"
}

// findOwner finds whose first run this is: the owner of the settings, or the first one
// there is. Where there is none, the owner is made.
func (f *firstRun) findOwner(ctx context.Context) error {
	owned, err := f.Accounts.HasOwner(ctx)
	if err != nil {
		return err
	}
	if !owned {
		if err := f.newOwner(ctx); err != nil {
			return err
		}
	}
	organizations, err := f.Organizations.All(ctx)
	if err != nil {
		return err
	}
	for _, o := range organizations {
		f.by = auth.Operator(o)
		all, err := f.Accounts.Administrators(ctx, f.by)
		if err != nil {
			return err
		}
		for _, acc := range all {
			if f.command.OwnerEmail == "" && acc.Role == auth.Owner || acc.Email == f.command.OwnerEmail {
				f.account = acc
				return nil
			}
		}
	}
	return fault.New(fault.NotFound, "account_email_unknown", "email", f.command.OwnerEmail)
}

// newOwner makes the owner of the settings, or of what a person types.
func (f *firstRun) newOwner(ctx context.Context) error {
	email, err := auth.CheckEmail(f.command.OwnerEmail)
	if f.command.namesOwner() && err == nil {
		f.command.OwnerEmail = email
		return f.command.createOwner(ctx, f.invocation, f.Accounts)
	}
	if f.command.namesOwner() {
		return f.command.createOwner(ctx, f.invocation, f.Accounts) // which says what is wrong
	}
	email, password, err := f.askOwner()
	if err != nil {
		return err
	}
	_, _, err = f.Accounts.CreateOrganization(ctx, auth.NewOwner{
		Email: email, Password: password, TimeZone: f.command.TimeZone, Country: f.command.Country,
		Language: string(f.language),
	}, true, auth.Actor{})
	if fault.HasCode(err, "already_set_up") { // in a browser, meanwhile
		return nil
	}
	return err
}

// quickstartTrip is a fax that was sent to the test line, and came back.
type quickstartTrip struct {
	Number    string             `json:"number"`
	To        string             `json:"to"`
	FaxID     string             `json:"fax_id"`
	Status    fax.Status         `json:"status"`
	Pages     int                `json:"pages"`
	Transport string             `json:"transport"`
	Rate      int                `json:"rate"`
	ECM       bool               `json:"ecm"`
	Simulated bool               `json:"simulated"`
	Received  quickstartReceived `json:"received"`
}

// quickstartReceived is the fax that came back, and where its pages are.
type quickstartReceived struct {
	FaxID string `json:"fax_id"`
	Pages int    `json:"pages"`
	PDF   string `json:"pdf"`
	PNG   string `json:"png"` // of the first page
}

// quickstartResult is the quickstart in JSON.
type quickstartResult struct {
	URL            string     `json:"url"`
	Email          string     `json:"email"`
	Token          string     `json:"token"`
	TokenExpiresAt *time.Time `json:"token_expires_at"`
	quickstartTrip
	Seconds float64 `json:"seconds"` // from the submission to the page that came back
}

// show tells the verdict.
func (f *firstRun) show(r quickstartResult) error {
	if f.command.JSON {
		return f.printJSON(r)
	}
	fmt.Fprintln(f.stdout)
	if r.Simulated {
		f.say("quickstart.simulated", nil)
	}
	f.say("quickstart.received", map[string]any{
		"number": r.Number, "pdf": r.Received.PDF, "png": r.Received.PNG, "seconds": fmt.Sprintf("%.1f", r.Seconds),
	})
	f.say("quickstart.next", map[string]any{"url": r.URL})
	return nil
}
