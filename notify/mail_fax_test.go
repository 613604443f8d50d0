package notify_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
)

func sentFax() notify.SentFax {
	return notify.SentFax{
		To: "+15005550002", At: time.Date(2026, 11, 23, 16, 5, 0, 0, time.FixedZone("JST", 9*3600)), Pages: 3,
		Reason: "The reason.", Next: "The next step.", Link: "https://fax.example.com/faxes/1",
	}
}

func TestASenderIsToldHowAFaxEnded(t *testing.T) {
	t.Parallel()
	complete, partial, unreadable := sentFax(), sentFax(), sentFax()
	complete.Confirmed, complete.Complete, complete.Next = 3, true, ""
	partial.Confirmed = 1
	unreadable.Pages, unreadable.Link = 0, ""
	for _, tt := range []struct {
		name                    string
		fax                     notify.SentFax
		language                locale.Language
		subject, text, textLack string
	}{
		{"complete", complete, locale.English, "Fax sent to +15005550002",
			"The fax was sent. The reason.\n\nTo: +15005550002\nTime: Mon 23 Nov 2026 16:05 JST\nPages: 3 of 3 confirmed by the receiver\n\nOpen it here:\n\n" + complete.Link, "next"},
		{"in part", partial, locale.English, "Fax only partly sent to +15005550002", "only in part. The reason.\n\nThe next step.\n\nTo: ", "not sent"},
		{"not at all", sentFax(), locale.English, "Fax not sent to +15005550002", "Pages: 0 of 3 confirmed", "only in part"},
		{"without pages or link", unreadable, locale.English, "Fax not sent to +15005550002", "The fax was not sent. The reason.", "Pages"},
		{"complete", complete, locale.Japanese, "+15005550002 へのファクスを送信しました", "3 ページ中 3 ページの受信を確認\n\n次のリンク", "ませんでした"},
		{"in part", partial, locale.Japanese, "+15005550002 へのファクスを最後まで送信できませんでした", "3 ページ中 1 ページの受信を確認", "送信しました"},
		{"not at all", sentFax(), locale.Japanese, "+15005550002 へのファクスを送信できませんでした", "日時：2026年11月23日(月) 16:05 JST\n", "最後まで"},
	} {
		t.Run(string(tt.language)+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			data, _ := forward(t, tt.fax, tt.language, nil)
			_, subject, text := read(t, data)
			if subject != tt.subject || !strings.Contains(text, tt.text) || strings.Contains(text, tt.textLack) {
				t.Errorf("%s\n%s", subject, text)
			}
		})
	}
}

// shelves are documents by their references.
type shelves map[string][]byte

func (s shelves) Document(_ context.Context, reference string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s[reference])), nil
}

// A report arrives with the pages, and without those that are too large for a mail.
func TestReportAndPagesGoWithAMail(t *testing.T) {
	t.Parallel()
	f := sentFax()
	f.Attached = []notify.Attachment{
		{Reference: "report", Name: "report.pdf", Type: "application/pdf"},
		{Reference: "pages", Name: "pages.pdf", Type: "application/pdf"},
	}
	report := []byte("%PDF-1.7\nreport")
	for _, tt := range []struct {
		pages    int
		attached int
		tooLarge bool
	}{{1 << 10, 2, false}, {15<<20 - len(report), 2, false}, {15<<20 - len(report) + 1, 1, true}} {
		data, _ := forward(t, f, locale.English, shelves{"report": report, "pages": make([]byte, tt.pages)})
		text, attached := parts(t, data)
		if len(attached) != tt.attached || !bytes.Equal(attached["report.pdf"], report) || len(attached["pages.pdf"]) != tt.pages*(tt.attached-1) {
			t.Errorf("%d bytes of pages: %d attached", tt.pages, len(attached))
		}
		if got := strings.HasPrefix(text, "(The fax is too large for a mail and is not attached.)\r\n\r\nThe fax was not sent."); got != tt.tooLarge {
			t.Errorf("%d bytes of pages: %s", tt.pages, text)
		}
	}
}
