package fax_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
)

// A document is made once: what is not the same for all destinations is not drawn.
func TestACoverPageHasTheNumbersOfBothSides(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		by := c.owner
		by.Country, by.Phone = "JP", "+81312345678"
		for _, tt := range []struct {
			from, to                string
			phone, sender, receiver string
		}{
			{c.number, "0312345679", "03-1234-5678", "+1 500-555-1000", "03-1234-5679"},
			{fax.NoNumber, "0312345679*12", "03-1234-5678", "", "03-1234-5679 * 12"},
			{fax.NoNumber, "+442071838750", "+81 3-1234-5678", "", "+44 20 7183 8750"},
			{fax.NoNumber, "0312345679 0612345678", "03-1234-5678", "", ""},
			{fax.NoNumber, "0312345679 +442071838750", "+81 3-1234-5678", "", ""},
		} {
			s := c.letter(strings.Fields(tt.to)...)
			s.From = tt.from
			s.CoverPage = &fax.CoverPage{NameTo: "a", NameFrom: "b", Subject: "c", SenderPhone: "x", SenderFax: "y", ReceiverFax: "z"}
			receipt, err := c.outbox.Submit(t.Context(), by, s)
			c.must(err)
			for _, id := range receipt.IDs {
				job, err := c.outbox.Job(t.Context(), by, id)
				c.must(err)
				got := job.Document.CoverPage
				if got.SenderPhone != tt.phone || got.SenderFax != tt.sender || got.ReceiverFax != tt.receiver {
					t.Errorf("%s to %s: %+v", tt.from, tt.to, got)
				}
			}
		}
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		o := c.converter.options[0].Cover
		if o == nil || o.From.Name != "b" || o.From.Phone != "03-1234-5678" || o.From.Fax == "" || o.To.Fax != "03-1234-5679" {
			t.Errorf("the sheet is %+v", o)
		}
	})
}

func TestSubmitRefusesWhatCannotBeSent(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		for _, tt := range []struct {
			code  string
			spoil func(*fax.Submission)
		}{
			{"", func(*fax.Submission) {}},
			{"value_missing", func(s *fax.Submission) { s.To = nil }},
			{"too_many_destinations", func(s *fax.Submission) { s.To = slices.Repeat([]string{line.TestOK}, fax.MaxDestinations+1) }},
			{"number_invalid", func(s *fax.Submission) { s.To = append(s.To, "nobody") }},
			{"value_missing", func(s *fax.Submission) { s.Files = nil }},
			{"too_many_files", func(s *fax.Submission) { s.Files = slices.Repeat(s.Files, fax.MaxFiles+1) }},
			{"upload_unknown", func(s *fax.Submission) { s.Files = []string{"/etc/passwd"} }},
			{"upload_unknown", func(s *fax.Submission) { s.Files[0] += "x" }},
			{"value_missing", func(s *fax.Submission) { s.From = " " }},
			{"number_invalid", func(s *fax.Submission) { s.From = c.number + "," }},
			{"number_not_assigned", func(s *fax.Submission) { s.From = "+81312345678" }},
			{"", func(s *fax.Submission) { s.From = "NO_NUMBER" }},
			{"send_time_past", func(s *fax.Submission) { s.SendTime = "2020-01-01 00:00:00 +0000" }},
			{"value_out_of_range", func(s *fax.Submission) { s.Retry.Count = 4 }},
			{"value_out_of_range", func(s *fax.Submission) { s.Retry.Delay = 31 * time.Second }},
			{"value_missing", func(s *fax.Submission) { s.CoverPage = &fax.CoverPage{NameTo: "a", NameFrom: "b"} }},
			{"value_not_allowed", func(s *fax.Submission) {
				s.CoverPage = &fax.CoverPage{NameTo: "a", NameFrom: "b", Subject: "c", Flags: []string{"secret"}}
			}},
			{"value_not_allowed", func(s *fax.Submission) { s.Resolution = "ultra" }},
			{"text_too_long", func(s *fax.Submission) { s.Comment.Text = strings.Repeat("長", 2001) }},
			{"text_characters", func(s *fax.Submission) { s.Comment.Tags = []string{"\x00"} }},
			{"fax_unknown", func(s *fax.Submission) { s.FromFax = &fax.FromFax{FaxID: "unknown"} }},
			{"idempotency_key_invalid", func(s *fax.Submission) { s.Request.Key = "a\nb" }},
		} {
			s := c.letter("+81312345678")
			tt.spoil(&s)
			_, err := c.outbox.Submit(t.Context(), c.owner, s)
			is(t, fmt.Sprintf("%+.200v", s), err, tt.code)
		}
		_, err := c.outbox.Submit(t.Context(), c.member, c.letter(line.TestOK))
		is(t, "another one's number", err, "number_not_assigned")
		s := c.letter(line.TestOK)
		s.From = fax.NoNumber
		_, err = c.outbox.Submit(t.Context(), c.member, s)
		is(t, "another one's upload", err, "upload_unknown")
		s = c.letter(line.TestOK)
		c.clock.Advance(fax.UploadAge)
		_, err = c.outbox.Submit(t.Context(), c.owner, s)
		is(t, "an upload of yesterday", err, "upload_unknown")
	})
}

func TestOneNumberIsOneJob(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		s := c.letter("+81 3 1234 5678", "03-1234-5678", "０３１２３４５６７８", line.TestOK)
		s.Comment = fax.Comment{Tags: []string{"lab"}, Text: "urgent"}
		s.Retry = fax.Retry{Count: 2, Delay: 15 * time.Second}
		s.CoverPage = &fax.CoverPage{NameTo: "a", NameFrom: "b", Subject: "c", Flags: []string{"urgent"}}
		ids := c.submit(s)
		if ids[0] == "" || ids[0] != ids[1] || ids[1] != ids[2] || ids[3] == ids[0] {
			t.Errorf("ids are %q", ids)
		}
		jobs, err := c.outbox.List(t.Context(), c.owner)
		c.must(err)
		if len(jobs) != 2 {
			t.Fatalf("%d jobs, want 2", len(jobs))
		}
		j, err := c.outbox.Job(t.Context(), c.owner, ids[0])
		c.must(err)
		if j.To != "+81312345678" || j.From != c.number || j.Status != fax.Submitted || !j.Submitted.Equal(c.clock.Now()) ||
			j.Comment.Text != "urgent" || !slices.Equal(j.Comment.Tags, s.Comment.Tags) || j.Retry != s.Retry ||
			j.Document.CoverPage == nil || j.Document.CoverPage.Subject != "c" || j.Document.Resolution != "fine" ||
			len(j.Document.Files) != 1 || j.Document.Files[0].Name != "letter.txt" || j.Document.Files[0].Path != s.Files[0] {
			t.Errorf("the job is %+v", j)
		}
		_, err = c.outbox.Job(t.Context(), c.member, ids[0])
		is(t, "somebody else's job", err, "fax_unknown")
	})
}

func TestDestinationsShareTheNumbersOut(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		s := c.letter(line.TestOK, line.TestBusy, line.TestVoice)
		s.From = c.number + ", " + c.number
		for _, id := range c.submit(s) {
			if j, err := c.outbox.Job(t.Context(), c.owner, id); err != nil || j.From != c.number {
				t.Errorf("from %s, %v", j.From, err)
			}
		}
	})
}

func TestManyDestinations(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		s := c.letter()
		for i := range fax.MaxDestinations {
			s.To = append(s.To, fmt.Sprintf("+8131%07d", i))
		}
		c.submit(s)
		jobs, err := c.outbox.List(t.Context(), c.owner)
		c.must(err)
		if len(jobs) != fax.MaxDestinations {
			t.Errorf("%d jobs, want %d", len(jobs), fax.MaxDestinations)
		}
	})
}

func TestARepeatedRequestIsDoneOnce(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		s := c.letter(line.TestOK)
		s.Request = fax.Request{Key: "k1", Body: [32]byte{1}}
		s.SendTime = c.clock.Now().Add(time.Hour).Format("2006-01-02 15:04:05 -0700")
		c.clock.Advance(30 * time.Minute) // the upload runs out before the answer does
		first := c.submit(s)
		c.clock.Advance(fax.UploadAge - time.Minute)
		if again := c.submit(s); again[0] != first[0] {
			t.Errorf("the repeated request made %s, after %s", again[0], first[0])
		}
		s.Request.Body[0] = 2
		_, err := c.outbox.Submit(t.Context(), c.owner, s)
		is(t, "another body", err, "idempotency_key_used")
		c.clock.Advance(2 * time.Hour)
		s.Files, s.SendTime = []string{c.upload("letter.txt", "hello")}, ""
		if later := c.submit(s); later[0] == first[0] {
			t.Error("a day later the key still stands for the old request")
		}
	})
}

func TestARepeatedUploadIsStoredOnce(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		put := func(name, content string) (fax.Upload, error) {
			return c.uploads.Put(t.Context(), c.owner, fax.NewUpload{Name: name, Content: strings.NewReader(content), Key: "k"})
		}
		first, err := put("a.PDF", "one")
		c.must(err)
		again, err := put("a.PDF", "one")
		if err != nil || again != first {
			t.Errorf("again: %+v, %v\nwant %+v", again, err, first)
		}
		if !strings.HasPrefix(first.Path, "/storage/transient-") || !strings.HasSuffix(first.Path, ".pdf") || first.Size != 3 {
			t.Errorf("the upload is %+v", first)
		}
		_, err = put("a.PDF", "two")
		is(t, "another content", err, "idempotency_key_used")
		_, err = c.uploads.Put(t.Context(), c.owner, fax.NewUpload{Name: "a", Content: strings.NewReader("")})
		is(t, "nothing", err, "file_empty")
		_, err = c.uploads.Put(t.Context(), c.owner, fax.NewUpload{Name: "a", Content: endless{}})
		is(t, "too much", err, "files_too_large")
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestCancelAndComment(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		ids := c.submit(c.letter(line.TestOK, line.TestBusy))
		c.must(c.outbox.Comment(t.Context(), c.owner, ids[0], "改"))
		if j, err := c.outbox.Job(t.Context(), c.owner, ids[0]); err != nil || j.Comment.Text != "改" {
			t.Errorf("the comment is %q, %v", j.Comment.Text, err)
		}
		is(t, "another one's", c.outbox.Cancel(t.Context(), c.member, ids[0]), "fax_unknown")
		results, err := c.outbox.CancelAll(t.Context(), c.owner, []string{ids[0], "unknown", ids[0], ids[1]})
		c.must(err)
		if len(results) != 3 || results[0].Err != nil || results[2].Err != nil {
			t.Fatalf("results: %+v", results)
		}
		is(t, "the unknown one", results[1].Err, "fax_unknown")
		if !c.outboxIsEmpty() {
			t.Error("something is left")
		}
		_, err = c.outbox.CancelAll(t.Context(), c.owner, make([]string, fax.MaxBulk+1))
		is(t, "too many", err, "list_too_long")
		c.run(c.dispatcher("a"), func() bool { return true })
		if c.phone.made() != 0 {
			t.Error("a cancelled fax was sent")
		}
	})
}

func TestTheQuotaOfAMonth(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.owner.Quota = 3 // a letter has two pages
		c.must(c.db.ChangeAccount(t.Context(), c.owner.OrganizationID, c.owner.AccountID, func(a *auth.Account, _ int) error {
			a.MemberDetail.Quota = 3
			return nil
		}, auth.End{}, auth.Audit{}))
		ids := c.submit(c.letter(line.TestOK, line.TestNoT38))
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		statuses := []fax.Status{c.sent(ids[0]).Status, c.sent(ids[1]).Status}
		slices.Sort(statuses)
		if !slices.Equal(statuses, []fax.Status{fax.InsufficientCredit, fax.Success}) || c.phone.made() != 1 {
			t.Errorf("%s with %d calls: one should have been too much", statuses, c.phone.made())
		}
		c.owner.Quota = 2
		_, err := c.outbox.Submit(t.Context(), c.owner, c.letter(line.TestOK))
		is(t, "used up", err, "quota_used")
		c.clock.Advance(31 * 24 * time.Hour)
		c.submit(c.letter(line.TestOK))
	})
}

func TestNumbers(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		ctx := t.Context()
		all, err := c.numbers.List(ctx, c.owner)
		c.must(err)
		if len(all) != 1 || all[0].Number != "+15005551000" || !all[0].Test || !slices.Equal(all[0].AssignedTo, []string{c.owner.AccountID}) {
			t.Fatalf("the numbers are %+v", all)
		}
		if own, err := c.numbers.List(ctx, c.member); err != nil || len(own) != 0 {
			t.Errorf("the member has %v, %v", own, err)
		}
		is(t, "a member assigns", c.numbers.Assign(ctx, c.member, c.number, c.member.AccountID), "role_required")
		is(t, "to nobody", c.numbers.Assign(ctx, c.owner, c.number, "unknown"), "account_unknown")
		is(t, "an unknown number", c.numbers.Assign(ctx, c.owner, "+81312345678", c.member.AccountID), "number_unknown")
		c.clock.Advance(time.Second) // they are listed as they were assigned
		for range 2 {
			c.must(c.numbers.Assign(ctx, c.owner, "+1 (500) 555-1000", c.member.AccountID))
		}
		n, err := c.numbers.Number(ctx, c.member, c.number)
		if err != nil || !slices.Equal(n.AssignedTo, []string{c.owner.AccountID, c.member.AccountID}) {
			t.Errorf("the number is %+v, %v", n, err)
		}
		is(t, "from its owner", c.numbers.Revoke(ctx, c.owner, c.number, c.owner.AccountID), "number_of_owner")
		c.must(c.numbers.Revoke(ctx, c.owner, c.number, c.member.AccountID))
		is(t, "twice", c.numbers.Revoke(ctx, c.owner, c.number, c.member.AccountID), "number_unknown")

		other := newClinic(t, c.db)
		if other.number != "+15005551001" {
			t.Errorf("the next organization has %s", other.number)
		}
		_, err = c.numbers.Number(ctx, c.owner, other.number)
		is(t, "another organization's", err, "number_unknown")
	})
}

func TestAnEarlierFaxIsSentAgain(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		first := c.submit(c.letter(line.TestOK))[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		s := c.letter(line.TestNoT38)
		s.FromFax = &fax.FromFax{FaxID: first}
		second := c.submit(s)[0]
		c.must(c.faxes.Delete(t.Context(), c.owner, first)) // what is to be sent stays
		c.sweep()
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		if f := c.sent(second); f.Status != fax.Success || len(f.Document.Files) != 2 {
			t.Errorf("the fax is %+v", f)
		}
		want := []string{"hello", "hello", string(tiff(2))}
		if !slices.Equal(c.converter.content, want) {
			t.Errorf("converted were %d documents", len(c.converter.content))
		}
	})
}

// sweep deletes what nobody needs.
func (c *clinic) sweep() (n int) {
	c.t.Helper()
	n, err := c.sweeper.Sweep(c.t.Context())
	c.must(err)
	return n
}

// purge runs the database's purge to its end, and the sweeper.
func (c *clinic) purge() {
	c.t.Helper()
	for more := true; more; {
		var err error
		more, err = c.db.Purge(c.t.Context(), c.clock.Now(), 500)
		c.must(err)
	}
	c.sweep()
}

func TestThePagesOfAFax(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		id := c.submit(c.letter(line.TestOK))[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		p, err := c.faxes.Open(t.Context(), c.owner, id+".tiff")
		c.must(err)
		defer p.Close()
		var b bytes.Buffer
		want := c.stamped(page.Header{Time: c.clock.Now(), From: spaced(c.number), To: "+1 500-555-0001"})
		if err := p.WriteTIFF(&b); err != nil || !bytes.Equal(b.Bytes(), want) {
			t.Errorf("TIFF: %d bytes, %v", b.Len(), err)
		}
		b.Reset()
		if err := p.WritePDF(&b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) {
			t.Errorf("PDF: %.10q, %v", b.Bytes(), err)
		}
		b.Reset()
		if err := p.WritePNG(&b, 2); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("\x89PNG")) {
			t.Errorf("PNG: %.10q, %v", b.Bytes(), err)
		}
		is(t, "page 3", p.WritePNG(&b, 3), "fax_page_unknown")
		_, err = c.faxes.Open(t.Context(), c.member, id)
		is(t, "another one's", err, "fax_unknown")
	})
}
