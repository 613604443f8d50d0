package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	faxesAtOnce  = 100 // submitted one after the other, and awaited together
	faxesAlone   = 9   // submitted when the one before has arrived
	faxPages     = 3
	linesPerPage = 60
	faxPatience  = 2 * time.Minute
)

// faxes is what the test line carries, with everything around it: the document of each
// fax is rendered, and two T.30 engines send and receive it over T.38.
type faxes struct {
	perSecond float64
	alone     time.Duration // from the submission of one to its success; the median
	memory    float64       // of the server afterwards, MiB
}

// mailbox is an account of a server under measurement.
type mailbox struct {
	*process
	token  string
	number string
	path   string // of the uploaded document
}

// measureFaxes runs a server of its own on both cores.
func (b *session) measureFaxes(ctx context.Context, dir string) (f faxes, err error) {
	m, err := startMailbox(ctx, b.binary, dir)
	if err != nil {
		return f, err
	}
	defer m.stop()
	if f.alone, err = m.alone(ctx); err != nil {
		return f, err
	}
	begin := time.Now()
	for range faxesAtOnce {
		if err := m.send(ctx); err != nil {
			return f, err
		}
	}
	if err := m.awaitSent(ctx, faxesAlone+faxesAtOnce, 100*time.Millisecond); err != nil {
		return f, err
	}
	f.perSecond = faxesAtOnce / time.Since(begin).Seconds()
	f.memory = m.memory()
	return f, nil
}

// startMailbox starts a server as its operator would, with an owner and a token, and
// uploads the document that is sent.
func startMailbox(ctx context.Context, binary, dir string) (*mailbox, error) {
	const owner = "bench@example.com"
	password := filepath.Join(dir, "fax-password")
	if err := os.WriteFile(password, []byte("ledger walnut comet harbour"), 0o600); err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "fax")
	server, err := startFaxgateOn(ctx, "0,1", binary, data, "FAXGATE_OWNER_EMAIL="+owner, "FAXGATE_OWNER_PASSWORD_FILE="+password)
	if err != nil {
		return nil, err
	}
	m := &mailbox{process: server}
	if err := m.open(ctx, binary, data, owner); err != nil {
		server.stop()
		return nil, err
	}
	return m, nil
}

func (m *mailbox) open(ctx context.Context, binary, data, owner string) error {
	out, err := exec.CommandContext(ctx, binary, "admin", "token", "create", "--data", data, "--email", owner,
		"--name", "bench", "--expires", "7d", "--scope", "all", "--json").Output()
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	var created struct{ Token string }
	if err := json.Unmarshal(out, &created); err != nil {
		return err
	}
	m.token = created.Token
	var numbers struct{ Numbers []struct{ Number string } }
	if err := m.call(ctx, http.MethodGet, "numbers", "", nil, &numbers); err != nil {
		return err
	}
	if len(numbers.Numbers) == 0 {
		return errors.New("the owner has no number")
	}
	m.number = numbers.Numbers[0].Number
	return m.upload(ctx)
}

// upload puts the document: three pages full of text.
func (m *mailbox) upload(ctx context.Context) error {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("fax_file", "letter.txt")
	if err != nil {
		return err
	}
	page := strings.Repeat("The quick brown fox jumps over the lazy dog, and nobody minds.\n", linesPerPage)
	if _, err := io.WriteString(part, strings.Repeat(page+"\f", faxPages-1)+page); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	var file struct{ Path string }
	err = m.call(ctx, http.MethodPost, "files", w.FormDataContentType(), &form, &file)
	m.path = file.Path
	return err
}

// alone is how long one fax takes on an idle server.
func (m *mailbox) alone(ctx context.Context) (time.Duration, error) {
	var took []float64
	for n := range faxesAlone {
		begin := time.Now()
		if err := m.send(ctx); err != nil {
			return 0, err
		}
		if err := m.awaitSent(ctx, n+1, 5*time.Millisecond); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin).Seconds())
	}
	return time.Duration(median(took) * float64(time.Second)), nil
}

// send submits a fax to the own number.
func (m *mailbox) send(ctx context.Context) error {
	order, err := json.Marshal(map[string]any{"from": m.number, "to": []string{m.number}, "files": []string{m.path}})
	if err != nil {
		return err
	}
	return m.call(ctx, http.MethodPost, "outbox", "application/json", bytes.NewReader(order), nil)
}

// awaitSent waits until the outbox is empty, looking into it so often, and checks that so
// many faxes have been sent since the beginning, with every page.
func (m *mailbox) awaitSent(ctx context.Context, count int, every time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, faxPatience)
	defer cancel()
	for {
		var outbox struct{ Records []any }
		if err := m.call(ctx, http.MethodGet, "outbox", "", nil, &outbox); err != nil {
			return err
		}
		if len(outbox.Records) == 0 {
			break
		}
		time.Sleep(every)
	}
	var sent struct {
		Data struct{ Records []struct{ ID string } }
	}
	query := fmt.Sprintf("faxes?category=sent&status=success&min_pages=%d&limit=%d", faxPages, count+1)
	if err := m.call(ctx, http.MethodGet, query, "", nil, &sent); err != nil {
		return err
	}
	if n := len(sent.Data.Records); n != count {
		return fmt.Errorf("%d faxes of %d were sent well", n, count)
	}
	return nil
}

// call calls the API for the own account, and reads the answer into one that is not nil.
func (m *mailbox) call(ctx context.Context, method, path, contentType string, body io.Reader, answer any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+m.address+"/v3/accounts/self/"+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+m.token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return err
	}
	if reply.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, reply.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}
