package dashboard_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
)

// What is wrong stands beside the field, and files that have come need not be chosen
// again.
func TestAMistakeKeepsTheFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.send(t, b.letter(t, "+1 500 555 0001\n12"), file{"letter.txt", "Hello"}, file{"第二.txt", "Again"}).want(t, http.StatusBadRequest)
	p.contains(t, "“12” is not a fax number", "letter.txt", "第二.txt", "5 bytes")
	if !p.has("#to[aria-invalid=true]") || p.text("#to") != "+1 500 555 0001 12" {
		t.Errorf("the number is not pointed out: %q", p.text("#to"))
	}
	_, form := formOf(p.all("form[action='/send'] button")[0])
	form.Set("to", "+1 500 555 0001")
	path := b.send(t, form).want(t, http.StatusSeeOther).location()
	s.deliver(t)
	b.get(t, path).contains(t, "letter.txt", "第二.txt")
}

func TestWhatASubmissionLacksIsNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	letter := file{"letter.txt", "Hello"}
	for name, tt := range map[string]struct {
		change url.Values
		files  []file
		field  string
		says   string
	}{
		"nobody":        {url.Values{"to": {" , "}}, []file{letter}, "to", "Enter at least one fax number"},
		"no file":       {nil, nil, "files", "Choose at least one file"},
		"an empty file": {nil, []file{letter, {"empty.txt", ""}}, "files", "The file is empty"},
		"the past":      {url.Values{"send_time": {"2020-01-01T00:00"}}, []file{letter}, "send_time", "This time has passed"},
		"far ahead":     {url.Values{"send_time": {"2030-01-01T00:00"}}, []file{letter}, "send_time", "up to a year ahead"},
		"no time":       {url.Values{"send_time": {"tomorrow"}}, []file{letter}, "send_time", "no date and time"},
		"half a cover":  {url.Values{"cover_page.message": {"Hi"}}, []file{letter}, "cover_page.", "cover page lacks"},
		"another's":     {url.Values{"from": {"+15005551999"}}, []file{letter}, "from", "is not assigned"},
		"a lost upload": {url.Values{"kept": {"/storage/transient-0123 x.txt"}}, nil, "files", "kept for 24 hours"},
	} {
		form := b.letter(t, answers)
		for field, values := range tt.change {
			form[field] = values
		}
		p := b.send(t, form, tt.files...).want(t, http.StatusBadRequest)
		p.contains(t, tt.says)
		if !p.has("[id^='" + tt.field + "'][aria-invalid=true]") {
			t.Errorf("%s: no field is pointed out", name)
		}
	}
	if s.jobs(t) != 0 {
		t.Error("something is sent")
	}
}

// A form that is sent twice is one fax; one that was changed is another.
func TestAFormSentTwiceIsOneFax(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.letter(t, answers)
	letter := file{"letter.txt", "Hello"}
	first := b.send(t, form, letter).location()
	if again := b.send(t, form, letter).location(); again != first || s.jobs(t) != 1 {
		t.Errorf("sent again it leads to %s, not to %s; %d jobs", again, first, s.jobs(t))
	}
	form.Set("comment", "once more")
	if other := b.send(t, form, letter).location(); other == first || s.jobs(t) != 2 {
		t.Error("a form that was changed is taken for the one before")
	}
}

func TestSeveralRecipientsCoverAndOptions(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.letter(t, "＋1 500-555-0001、+15005550002")
	for name, value := range map[string]string{
		"cover_page.name_to": "佐藤様", "cover_page.name_from": "Sakura", "cover_page.subject": "Results", "cover_page.flags": "urgent",
		"resolution": "superfine", "content": "photo", "retry": "2", "send_time": "2026-11-24T09:30", "comment": "quarterly",
	} {
		form.Set(name, value)
	}
	p := b.send(t, form, file{`C:\scans\letter.txt`, "Hello"})
	b.follow(t, p).contains(t, "The faxes were accepted", "+1 500 555 0001", "+1 500 555 0002", "quarterly")
	jobs, err := s.Outbox.List(t.Context(), fax.Actor{OrganizationID: s.org.ID, AccountID: s.owner.ID})
	if err != nil || len(jobs) != 2 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	j := jobs[0]
	if j.Document.CoverPage == nil || j.Document.CoverPage.NameTo != "佐藤様" || j.Document.Resolution != "superfine" || j.Document.Enhance ||
		j.Retry.Count != 2 || j.Scheduled.Format("15:04 MST") != "00:30 UTC" || j.Document.Files[0].Name != "letter.txt" {
		t.Errorf("%+v", j)
	}
}

func TestAFaxIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.sendLetter(t, busy)
	s.deliver(t)
	p := b.get(t, b.get(t, path).link("Send again")).want(t, http.StatusOK)
	p.contains(t, "The fax to +1 500 555 0002", "2 pages")
	_, form := formOf(p.all("form[action='/send'] button")[0])
	if form.Get("to") != busy {
		t.Errorf("it goes to %q", form.Get("to"))
	}
	form.Set("to", answers)
	again := b.send(t, form).want(t, http.StatusSeeOther).location()
	s.deliver(t)
	b.get(t, again).contains(t, "Every page arrived")
	other, _ := s.member(t, "other@clinic.example", auth.Member)
	other.get(t, "/send?fax="+strings.TrimPrefix(path, "/faxes/")).want(t, http.StatusNotFound)
}

func TestABrokenOrOddFormIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	r := sendRequest(t, b.letter(t, answers), file{"letter.txt", strings.Repeat("Hello", 1000)})
	r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, 2000), iotest.ErrReader(io.ErrUnexpectedEOF))) // the connection breaks
	b.do(t, r).want(t, http.StatusBadRequest)
	r = sendRequest(t, url.Values{"to": {strings.Repeat("1", 70_000)}})
	b.do(t, r).want(t, http.StatusRequestEntityTooLarge)
	r = sendRequest(t, url.Values{"to": {"a\x00"}})
	b.do(t, r).want(t, http.StatusBadRequest)
	r = sendRequest(t, nil)
	r.Header.Set("Content-Type", "application/json")
	b.do(t, r).want(t, http.StatusUnsupportedMediaType)
	r = sendRequest(t, b.letter(t, answers), file{"letter.txt", "Hello"})
	r.Header.Set("Content-Encoding", "gzip")
	b.do(t, r).want(t, http.StatusUnsupportedMediaType).contains(t, "compressed")
	if s.jobs(t) != 0 {
		t.Error("something is sent")
	}
}
