package acceptance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// faxPatience is how long a fax may take on a machine that has other things to do. The
// first PDF of a server waits until its engine is compiled.
const faxPatience = 4 * time.Minute

// Mailbox is an account that sends and receives faxes.
type Mailbox struct {
	*Server
	Token  string
	Number string // on the test line
}

// fax is a record of GET …/faxes.
type fax struct {
	ID        string `json:"id"`
	Direction string `json:"direction"`
	Status    string `json:"status"`
	Pages     int    `json:"pages"`
	From      string `json:"from"`
	To        string `json:"to"`
}

// Mailbox is that of the owner.
func (s *Server) Mailbox(t *testing.T) *Mailbox {
	t.Helper()
	m := &Mailbox{Server: s, Token: s.PersonalToken(t, s.Owner, "faxes", "fax:fax:edit", "fax:numbers:read")}
	numbers := decode[struct {
		Numbers []struct{ Number string }
	}](t, m.Get(t, "/v3/accounts/self/numbers"))
	if len(numbers.Numbers) == 0 {
		t.Fatal("the owner has no number on the test line")
	}
	m.Number = numbers.Numbers[0].Number
	return m
}

// Get calls the API.
func (m *Mailbox) Get(t *testing.T, path string, headers ...string) Reply {
	t.Helper()
	return m.Call(t, http.MethodGet, path, "", append(headers, bearer(m.Token))...)
}

// Upload puts a file and gives its path.
func (m *Mailbox) Upload(t *testing.T, name string, content []byte) string {
	t.Helper()
	r := m.upload(t, name, content)
	wantStatus(t, r, http.StatusCreated)
	return decode[struct{ Path string }](t, r).Path
}

func (m *Mailbox) upload(t *testing.T, name string, content []byte, headers ...string) Reply {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("fax_file", name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write(content)
	w.Close()
	return m.Call(t, http.MethodPost, "/v3/accounts/self/files", form.String(),
		append(headers, "Content-Type: "+w.FormDataContentType(), bearer(m.Token))...)
}

// Send sends uploads from the mailbox's number and gives the ids of the faxes, by number.
func (m *Mailbox) Send(t *testing.T, to []string, files ...string) map[string]string {
	t.Helper()
	return m.send(t, to, files, true)
}

// SendBare is Send without a header line on the pages.
func (m *Mailbox) SendBare(t *testing.T, to []string, files ...string) map[string]string {
	t.Helper()
	return m.send(t, to, files, false)
}

func (m *Mailbox) send(t *testing.T, to, files []string, header bool) map[string]string {
	t.Helper()
	r := m.submit(t, map[string]any{
		"from": m.Number, "to": to, "files": files, "return_ids": true,
		"options": map[string]any{"enhancement": true, "header": header, "retry": map[string]int{"count": 1, "delay": 0}},
	})
	wantStatus(t, r, http.StatusCreated)
	return decode[struct{ IDs map[string]string }](t, r).IDs
}

func (m *Mailbox) submit(t *testing.T, order map[string]any, headers ...string) Reply {
	t.Helper()
	body, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	return m.Call(t, http.MethodPost, "/v3/accounts/self/outbox", string(body),
		append(headers, "Content-Type: application/json", bearer(m.Token))...)
}

// Waiting is how many faxes are in the outbox.
func (m *Mailbox) Waiting(t *testing.T) int {
	t.Helper()
	return len(decode[struct{ Records []any }](t, m.Get(t, "/v3/accounts/self/outbox")).Records)
}

// AwaitEmpty waits until the outbox is.
func (m *Mailbox) AwaitEmpty(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(faxPatience); m.Waiting(t) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s faxes are still waiting:\n%s", faxPatience, m.Get(t, "/v3/accounts/self/outbox").Body)
		}
	}
}

// AwaitFaxes waits until so many faxes have come from a number.
func (m *Mailbox) AwaitFaxes(t *testing.T, from string, count int) {
	t.Helper()
	for end := time.Now().Add(faxPatience); m.from(t, from) < count; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %s %d faxes have come from %s, want %d", faxPatience, m.from(t, from), from, count)
		}
	}
}

// from counts the faxes that have come from a number.
func (m *Mailbox) from(t *testing.T, number string) (count int) {
	t.Helper()
	for _, f := range m.Faxes(t, "inbox") {
		if f.From == number {
			count++
		}
	}
	return count
}

// Faxes lists what was sent ("sent") or received ("inbox").
func (m *Mailbox) Faxes(t *testing.T, category string) []fax {
	t.Helper()
	r := m.Get(t, "/v3/accounts/self/faxes?limit=250&category="+category)
	wantStatus(t, r, http.StatusOK)
	return decode[struct{ Data struct{ Records []fax } }](t, r).Data.Records
}

// Sent finds a fax that was sent.
func (m *Mailbox) Sent(t *testing.T, id string) fax {
	t.Helper()
	r := m.Get(t, "/v3/accounts/self/faxes/"+id)
	wantStatus(t, r, http.StatusOK)
	return decode[fax](t, r)
}

// File downloads the pages of a fax as pdf or tiff.
func (m *Mailbox) File(t *testing.T, id, format string) []byte {
	t.Helper()
	r := m.Get(t, fmt.Sprintf("/v3/accounts/self/files/%s?format=%s", id, format))
	wantStatus(t, r, http.StatusOK)
	return []byte(r.Body)
}

// pixels has libtiff undo the coding of a fax TIFF, of which there are several for the
// same page.
func pixels(t *testing.T, tiff []byte) string {
	t.Helper()
	dir := t.TempDir()
	coded, bare := filepath.Join(dir, "coded.tiff"), filepath.Join(dir, "bare.tiff")
	writeFile(t, coded, tiff)
	if out, err := exec.Command("tiffcp", "-c", "none", coded, bare).CombinedOutput(); err != nil {
		t.Fatalf("tiffcp: %v: %s", err, out)
	}
	data, err := os.ReadFile(bare)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// samePixels has libtiff compare two fax TIFFs.
func samePixels(t *testing.T, got, want []byte) {
	t.Helper()
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "got.tiff"), filepath.Join(dir, "want.tiff")}
	writeFile(t, paths[0], got)
	writeFile(t, paths[1], want)
	out, err := exec.Command("tiffcmp", paths...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if err == nil && !strings.HasPrefix(line, "Directory ") { // it names each page
			err = errors.New(line)
		}
	}
	if err != nil {
		t.Errorf("what came out is not what went in: %v\n%s", err, out)
	}
}
