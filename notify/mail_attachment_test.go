package notify_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
)

// shelf is a notify.Documents with one document, or without.
type shelf struct {
	document []byte
	err      error
	closed   atomic.Int64
}

func (s *shelf) Document(_ context.Context, reference string) (io.ReadCloser, error) {
	if s.err != nil {
		return nil, s.err
	}
	if reference != "fax-1" {
		return nil, errors.New("another document")
	}
	return s, nil
}

func (s *shelf) Read(p []byte) (n int, err error) {
	if len(s.document) == 0 {
		return 0, io.EOF
	}
	n = copy(p, s.document)
	s.document = s.document[n:]
	return n, nil
}

func (s *shelf) Close() error { s.closed.Add(1); return nil }

var receivedFax = notify.ReceivedFax{
	From: "+81312345678", To: "+15005550001", At: time.Date(2026, 11, 23, 16, 5, 0, 0, time.FixedZone("JST", 9*3600)), Pages: 3,
	Link:     "https://fax.example.com/faxes/1",
	Attached: []notify.Attachment{{Reference: "fax-1", Name: "fax-from-81312345678.pdf", Type: "application/pdf"}},
}

// letter is a mail that has no address yet.
type letter interface {
	Message(to string, l locale.Language) notify.Message
}

// forward mails the fax and gives what arrived, or how the mail was settled.
func forward(t *testing.T, f letter, l locale.Language, documents notify.Documents) (string, notify.Mail) {
	t.Helper()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	b.Documents = documents
	if err := b.Send(t.Context(), f.Message("taro@example.com", l)); err != nil {
		t.Fatal(err)
	}
	for _, row := range b.queue.all() {
		if strings.Contains(string(row.Sealed), "%PDF") {
			t.Error("the queue holds the document")
		}
	}
	b.run(t)
	settled := wait(t, b.queue.settled)
	if settled.State != notify.Sent {
		return "", settled
	}
	return wait(t, server.mails).data, settled
}

// parts takes a mail apart into its text and its attachments, by name.
func parts(t *testing.T, data string) (text string, attached map[string][]byte) {
	t.Helper()
	attached = make(map[string][]byte)
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s, %v", kind, err)
	}
	all := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := all.NextPart()
		if errors.Is(err, io.EOF) {
			return text, attached
		}
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			body = base64.NewDecoder(base64.StdEncoding, part)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		name := part.FileName()
		if name == "" {
			text = string(b)
		} else if attached[name] = b; part.Header.Get("Content-Type") != `application/pdf; name="`+name+`"` {
			t.Errorf("header %v", part.Header)
		}
	}
}

func TestAReceivedFaxIsMailedWithItsPages(t *testing.T) {
	t.Parallel()
	pdf := append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte{0, 0xff, '\r', '\n', '.'}, 20000)...)
	for l, want := range map[locale.Language][]string{
		locale.English:  {"A fax has come in.", "+81312345678", "Pages: 3"},
		locale.Japanese: {"ファクスを受信しました。", "+81312345678", "ページ数：3", "2026年11月23日(月) 16:05"},
	} {
		s := &shelf{document: pdf}
		data, _ := forward(t, receivedFax, l, s)
		text, attached := parts(t, data)
		for _, part := range append(want, receivedFax.Link) {
			if !strings.Contains(text, part) {
				t.Errorf("no %s in %s", part, text)
			}
		}
		if len(attached) != 1 || !bytes.Equal(attached["fax-from-81312345678.pdf"], pdf) || s.closed.Load() != 1 {
			t.Errorf("%d attached, %d bytes, closed %d times", len(attached), len(attached["fax-from-81312345678.pdf"]), s.closed.Load())
		}
	}
}

func TestAFaxTooLargeForAMailIsToldOf(t *testing.T) {
	t.Parallel()
	data, _ := forward(t, receivedFax, locale.English, &shelf{document: make([]byte, 15<<20+1)})
	_, _, text := read(t, data)
	if !strings.HasPrefix(text, "(The fax is too large for a mail and is not attached.)\n\nA fax has come in.") {
		t.Error(text)
	}
}

func TestAMailWithoutAnAttachmentNeedsNoDocuments(t *testing.T) {
	t.Parallel()
	f := receivedFax
	f.Attached, f.From, f.Link, f.Partial = nil, "", "", true
	data, _ := forward(t, f, locale.Japanese, nil)
	_, subject, text := read(t, data)
	if !strings.Contains(subject, "番号非通知") || !strings.Contains(text, "途中で回線が切れた") || strings.Contains(text, "リンク") {
		t.Errorf("%s\n%s", subject, text)
	}
}

func TestADocumentThatIsGoneTakesItsMailWithIt(t *testing.T) {
	t.Parallel()
	if _, got := forward(t, receivedFax, locale.English, &shelf{err: fault.New(fault.NotFound, "mail_none")}); got.State != notify.GivenUp {
		t.Errorf("deleted: %+v", got)
	}
	if _, got := forward(t, receivedFax, locale.English, &shelf{err: errors.New("the disk is away")}); got.State != notify.Waiting {
		t.Errorf("away: %+v", got)
	}
}
