package dashboard_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/loop"
	"github.com/faxgate/faxgate/locale"
	faxpage "github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
)

// What answers at the test line, and what does not.
const (
	answers     = "+15005550001"
	busy        = "+15005550002"
	dropsAtOne  = "+15005550007"
	unallocated = "+15005550009"
)

// reports writes the text of a report in place of a PDF.
type reports struct{}

func (reports) WriteReport(_ context.Context, w io.Writer, f fax.Fax, l locale.Language, zone *time.Location) error {
	_, err := fmt.Fprintf(w, "%%PDF report %s %s %s", f.ID, l, zone)
	return err
}

// twoPages makes two pages of everything.
type twoPages struct{}

func (twoPages) Convert(_ context.Context, w io.Writer, _ []faxpage.File, _ faxpage.Options) (int, error) {
	var all faxpage.Document
	for range 2 {
		p, err := faxpage.New(faxpage.Geometry{Width: faxpage.WidthA4, Rows: 200, Resolution: faxpage.Fine})
		if err != nil {
			return 0, err
		}
		p.Blacken(100, 10, 700)
		all = append(all, p.Code())
	}
	return len(all), faxpage.WriteTIFF(w, all)
}

// deliver lets the server's own line work until every outbox is empty.
func (s *site) deliver(t *testing.T) {
	t.Helper()
	receiver := &fax.Receiver{Store: s.db, Blobs: s.blobs, Now: s.clock.Now, NewID: auth.NewID, Log: slog.New(slog.DiscardHandler)}
	test := &loop.Line{Inbound: receiver}
	s.work(t, &fax.Dispatcher{Line: test, TestLine: test, Receiver: receiver, Board: s.people.Board})
}

// deliverOver does so over another line; board shows its calls.
func (s *site) deliverOver(t *testing.T, over line.Line, board *fax.Board) {
	t.Helper()
	s.work(t, &fax.Dispatcher{Line: over, Board: board})
}

// work lets a dispatcher, which has its lines and its board, work, and end what it began.
func (s *site) work(t *testing.T, d *fax.Dispatcher) {
	t.Helper()
	d.Store, d.Blobs, d.Converter, d.Stamp, d.Node, d.Dir = s.db, s.blobs, twoPages{}, sheet.Stamped, "test", t.TempDir()
	d.Poll, d.Grace, d.Now, d.NewID, d.Log = time.Millisecond, time.Minute, s.clock.Now, auth.NewID, slog.New(slog.DiscardHandler)
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { d.Run(ctx) })
	defer all.Wait()
	defer stop()
	eventually(t, "the outbox gets empty", func() bool { return s.jobs(t) == 0 })
}

// eventually waits for what other goroutines do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not happen that %s", what)
		}
	}
}

// jobs is how many faxes of the organization wait.
func (s *site) jobs(t *testing.T) (n int) {
	t.Helper()
	accounts, err := s.db.Accounts(t.Context(), s.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, acc := range accounts {
		jobs, err := s.Outbox.List(t.Context(), fax.Actor{OrganizationID: s.org.ID, AccountID: acc.ID})
		if err != nil {
			t.Fatal(err)
		}
		n += len(jobs)
	}
	return n
}

// file is a document that a form sends.
type file struct{ name, content string }

// send sends the form of a fax with its files, as the page does.
func (b *browser) send(t *testing.T, form url.Values, files ...file) *page {
	t.Helper()
	return b.do(t, sendRequest(t, form, files...))
}

func sendRequest(t *testing.T, form url.Values, files ...file) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile("files", f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/send", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// letter is what the form needs at least.
func (b *browser) letter(t *testing.T, to string) url.Values {
	t.Helper()
	p := b.get(t, "/send").want(t, http.StatusOK)
	_, form := formOf(p.all("form[action='/send'] button")[0])
	form.Set("to", to)
	return form
}

// send sends a letter, and gives the address of the fax.
func (b *browser) sendLetter(t *testing.T, to string) string {
	t.Helper()
	p := b.send(t, b.letter(t, to), file{"letter.txt", "Good morning"}).want(t, http.StatusSeeOther)
	if !strings.HasPrefix(p.location(), "/faxes/") {
		t.Fatalf("sending leads to %s", p.location())
	}
	return p.location()
}
