package dashboard

import (
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const firstFaxPath = "/first-fax"

// firstTokenAge is how long the token of the First fax page works.
const firstTokenAge = 7 * 24 * time.Hour

// firstFax leads to the first fax: a number, a token, a fax to the test line.
type firstFax struct {
	frame
	Number    string // of one's own on the test line; empty: there is none
	API       bool   // the plan has API access
	Answers   string // the number that answers
	Age       time.Duration
	Tests     []testNumber
	Simulated bool
}

func (s *Server) firstFaxPage(v *visit, c auth.Caller) error {
	number, err := s.testNumberOf(v, c)
	if err != nil {
		return err
	}
	page := &firstFax{
		frame: v.page(v.t("first_fax.title", nil), faxesPath), API: c.Organization.APIAccess(), Answers: v.number(testOK),
		Age: firstTokenAge, Tests: v.testNumbers(), Simulated: s.Simulated,
	}
	if number != "" {
		page.Number = v.number(number)
	}
	return v.show("first_fax", page)
}

// testNumberOf is the number on the test line from which the person may send. Empty:
// there is none.
func (s *Server) testNumberOf(v *visit, c auth.Caller) (string, error) {
	numbers, err := s.Numbers.List(v.r.Context(), own(c))
	for _, n := range numbers {
		for _, account := range n.AssignedTo {
			if n.Test && account == c.Account.ID {
				return n.Number, nil
			}
		}
	}
	return "", err
}

// shownFirstToken is the only page that has the token of the first run, with calls that
// work as they stand.
type shownFirstToken struct {
	frame
	Secret  string
	Expires moment
	Call    string
}

// makeFirstToken makes a token that may send and receive.
func (s *Server) makeFirstToken(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	number, err := s.testNumberOf(v, c)
	if err != nil {
		return err
	}
	secret, t, err := s.Tokens.Generate(v.r.Context(), c, auth.NewToken{
		Name: v.t("first_fax.token_name", nil), ExpiresAt: v.now.Add(firstTokenAge),
		Scopes: auth.FaxEdit | auth.FaxRead | auth.NumbersRead,
	})
	if err != nil {
		return err
	}
	if number == "" {
		number = fax.NoNumber
	}
	page := &shownFirstToken{
		frame: v.page(v.t("token_shown.title", map[string]any{"name": t.Name}), faxesPath), Secret: secret,
		Expires: v.moment(t.ExpiresAt), Call: s.firstCall(secret, number),
	}
	page.Closed, page.referrer = true, noReferrer
	return v.show("first_fax_token", page)
}

// firstCall sends a text to the number that answers, with curl alone.
func (s *Server) firstCall(secret, from string) string {
	account := s.PublicURL + "/v3/accounts/self"
	return "TOKEN=" + secret + "\n" +
		"FILE=$(printf 'Hello from faxgate' | curl -s -H \"Authorization: Bearer $TOKEN\"" + continued +
		"-F 'fax_file=@-;filename=hello.txt' '" + account + "/files' | sed 's/.*\"path\":\"\\([^\"]*\\)\".*/\\1/')\n" +
		"curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json'" + continued +
		"-d '{\"from\":\"" + from + "\",\"to\":[\"" + testOK + "\"],\"files\":[\"'$FILE'\"],\"return_ids\":true}'" + continued +
		"'" + account + "/outbox'"
}

// runFirstFax sends a page to the number that answers.
func (s *Server) runFirstFax(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	number, err := s.testNumberOf(v, c)
	if err != nil {
		return err
	}
	if number == "" {
		return fault.New(fault.Conflict, "test_number_missing")
	}
	by := own(c)
	up, err := s.Uploads.Put(v.r.Context(), by, fax.NewUpload{
		Name: "first-fax.txt", Type: "text/plain",
		Content: strings.NewReader(v.t("first_fax.document", map[string]any{"organization": c.Organization.Name, "at": v.now.In(v.zone)})),
	})
	if err != nil {
		return err
	}
	receipt, err := s.Outbox.Submit(v.r.Context(), by, fax.Submission{From: number, To: []string{testOK}, Files: []string{up.Path}, Enhance: true})
	if err != nil {
		return err
	}
	return v.seeOther(firstFaxPath + "/" + receipt.IDs[testOK])
}
