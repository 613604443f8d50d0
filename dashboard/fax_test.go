package dashboard_test

import (
	"bytes"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/line"
)

// faxPages opens each page about faxes: empty lists, a fax on its way, one that arrived,
// one that did not, and forms with a mistake.
func (s *site) faxPages(t *testing.T, b *browser) (pages []*page) {
	t.Helper()
	lists := []string{"/faxes", "/faxes?folder=sent", "/faxes?folder=outbox", "/faxes?folder=failed", "/faxes?folder=spam", "/faxes?page=2"}
	for _, path := range append(lists, "/send", "/first-fax") {
		pages = append(pages, b.get(t, path))
	}
	pages = append(pages, b.post(t, "/first-fax/token", nil), b.send(t, b.letter(t, "12"), file{"letter.txt", "Hello"}))
	first := b.post(t, "/first-fax/run", nil).location()
	arrived, busy := b.sendLetter(t, answers), b.sendLetter(t, busy)
	pages = append(pages, b.get(t, first), b.get(t, arrived), b.get(t, "/faxes?folder=outbox"))
	s.deliver(t)
	received := attribute(b.get(t, "/faxes").all(".fax-party a")[0], "href")
	for _, path := range append(lists, first, arrived, busy, received, arrived+"/delete", sendPath(arrived), arrived+"/pages/9") {
		pages = append(pages, b.get(t, path))
	}
	acc, err := s.Accounts.Create(t.Context(), s.caller(t), "colleague@clinic.example", auth.Member, password, "")
	if err != nil {
		t.Fatal(err)
	}
	theirs := "/members/" + acc.ID + "/faxes"
	for _, path := range []string{theirs, theirs + "?folder=spam", theirs + "/" + s.receive(t, acc), theirs + "/" + auth.NewID()} {
		pages = append(pages, b.get(t, path))
	}
	recorded := s.ring(t, partly(), line.Event{Layer: line.SIP, Name: "INVITE"}, line.Event{Layer: line.Media, Name: "pcmu"}, line.Event{Layer: line.T30, Sent: true, Name: "DIS"})
	return append(append(pages, b.get(t, recorded)), s.hookPages(t, b)...)
}

func sendPath(fax string) string { return "/send?fax=" + strings.TrimPrefix(fax, "/faxes/") }

func TestAFaxIsSentAndComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.sendLetter(t, "+1 500 555 0001")
	p := b.get(t, path).want(t, http.StatusOK)
	p.contains(t, "The fax was accepted", "Fax to +1 500 555 0001", "Made into fax pages", "Cancel this fax")
	if !p.has("[data-live]") || !p.has("noscript") {
		t.Error("the page does not follow the fax")
	}
	s.deliver(t)
	p = b.get(t, path).want(t, http.StatusOK)
	p.contains(t, "Every page arrived", "2 pages", "T.38", "Every page was confirmed", "simulated, no T.30 engine", "letter.txt")
	if p.has("[data-live]") {
		t.Error("a fax that is over is asked for again")
	}
	b.get(t, "/faxes?folder=sent").contains(t, "+1 500 555 0001", "Sent", "2 pages")
	list := b.get(t, "/faxes")
	list.contains(t, "+1 500 555 0001", "New")
	received := attribute(list.all(".fax-party a")[0], "href")
	b.get(t, received).contains(t, "Fax from +1 500 555 0001", "Received", "Send on")
	if b.get(t, "/faxes").has(".unread") {
		t.Error("a fax that was looked at is new")
	}
}

// The pages are pictures and files for the account alone.
func TestPagesArePicturesAndFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.sendLetter(t, answers)
	s.deliver(t)
	pictures := b.get(t, path).all("img")
	if len(pictures) != 2 {
		t.Fatalf("%d pictures, want 2", len(pictures))
	}
	picture := attribute(pictures[1], "src")
	p := b.get(t, picture).want(t, http.StatusOK)
	if image, err := png.Decode(strings.NewReader(p.body)); err != nil || image.Bounds().Dx() < 1000 {
		t.Errorf("no picture: %v", err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, picture, nil)
	r.Header.Set("If-None-Match", p.header.Get("ETag"))
	b.do(t, r).want(t, http.StatusNotModified)
	for file, begins := range map[string]string{"fax.pdf": "%PDF-", "fax.tiff": "II*\x00", "report.pdf": "%PDF report"} {
		p := b.get(t, path+"/files/"+file).want(t, http.StatusOK)
		if !bytes.HasPrefix([]byte(p.body), []byte(begins)) || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment; ") {
			t.Errorf("%s: %q, %v", file, p.body[:min(len(p.body), 20)], p.header)
		}
	}
	other, _ := s.member(t, "other@clinic.example", auth.Admin)
	for _, p := range []string{path, picture, path + "/files/fax.pdf", path + "/files/report.pdf", path + "/delete"} {
		other.get(t, p).want(t, http.StatusNotFound)
		s.browser().get(t, p).want(t, http.StatusSeeOther)
	}
	for _, p := range []string{path + "/pages/0", path + "/pages/3", path + "/pages/x", path + "/files/fax.exe", "/faxes/unknown"} {
		b.get(t, p).want(t, http.StatusNotFound)
	}
	for _, action := range []string{"/mark", "/comment", "/delete", "/cancel"} {
		other.post(t, path+action, url.Values{"mark": {"spam"}, "comment": {"x"}}).want(t, http.StatusNotFound)
	}
}

func TestWhatWentWrongIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.letter(t, busy)
	form.Set("retry", "1")
	p := b.send(t, form, file{"letter.txt", "Hello"}).want(t, http.StatusSeeOther)
	dropped, nobody := b.sendLetter(t, dropsAtOne), b.sendLetter(t, unallocated)
	s.deliver(t)
	failed := b.get(t, p.location())
	failed.contains(t, "Not sent", "The line was busy.", "Send it again in a few minutes")
	if n := len(failed.all("ol.rows > li")); n != 2 {
		t.Errorf("%d attempts, want 2", n)
	}
	b.get(t, dropped).contains(t, "Partly sent", "1 of 2 pages", "Look at the pages that arrived")
	b.get(t, nobody).contains(t, "The number is not in use.", "Check the number")
	b.get(t, "/faxes?folder=failed").contains(t, "Partly sent", "Not sent", "The line was busy.")
	b.language = "ja"
	b.post(t, "/language", url.Values{"language": {"ja"}})
	b.get(t, p.location()).contains(t, "相手が話し中でした。")
}

func TestMarksCommentAndDeletion(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	b.sendLetter(t, answers)
	s.deliver(t)
	path := attribute(b.get(t, "/faxes").all(".fax-party a")[0], "href")
	p := b.follow(t, b.press(t, b.get(t, path), "Mark as new", nil))
	p.contains(t, "marked as new")
	if !b.get(t, "/faxes").has(".unread") {
		t.Error("the page that says it is new has read it")
	}
	b.follow(t, b.press(t, p, "Save", url.Values{"comment": {"for Dr Sato"}})).contains(t, "The comment was saved")
	b.follow(t, b.press(t, p, "Mark as spam", nil)).contains(t, "Not spam")
	b.get(t, "/faxes").contains(t, "No fax has come in yet")
	b.get(t, "/faxes?folder=spam").contains(t, "for Dr Sato")
	b.follow(t, b.press(t, b.get(t, path), "Not spam", nil))
	long := b.post(t, path+"/comment", url.Values{"comment": {strings.Repeat("x", 2001)}}).want(t, http.StatusBadRequest)
	if !long.has("#comment[aria-invalid=true]") {
		t.Error("the comment that is too long is not pointed out")
	}
	b.post(t, path+"/mark", url.Values{"mark": {"eaten"}}).want(t, http.StatusBadRequest)
	ask := b.get(t, path+"/delete").want(t, http.StatusOK)
	b.follow(t, b.press(t, ask, "Delete the fax", nil)).contains(t, "The fax was deleted")
	b.get(t, path).want(t, http.StatusNotFound)
	b.get(t, path+"/pages/1").want(t, http.StatusNotFound)
}

func TestAFaxIsCancelled(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.letter(t, answers)
	form.Set("send_time", "2026-11-24T09:30")
	path := b.send(t, form, file{"letter.txt", "Hello"}).want(t, http.StatusSeeOther).location()
	b.get(t, "/faxes?folder=outbox").contains(t, "+1 500 555 0001", "Accepted")
	b.follow(t, b.press(t, b.get(t, path), "Cancel this fax", nil)).contains(t, "Nothing was sent", "Nothing is waiting")
	b.get(t, path).want(t, http.StatusNotFound)
}

func TestTheListIsLeafedThrough(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	var all []string
	for i := range 30 {
		all = append(all, "+1500555"+string(rune('2'+i/10))+"00"+string(rune('0'+i%10))) // nobody has these
	}
	b.send(t, b.letter(t, strings.Join(all, "\n")), file{"letter.txt", "Hello"}).want(t, http.StatusSeeOther)
	s.deliver(t)
	first := b.get(t, "/faxes?folder=failed")
	if n := len(first.all(".faxes > li")); n != 25 {
		t.Errorf("%d faxes, want 25", n)
	}
	second := b.get(t, first.link("Older"))
	if n := len(second.all(".faxes > li")); n != 5 {
		t.Errorf("%d faxes, want 5", n)
	}
	if got := second.link("Newer"); got != "/faxes?folder=failed" || second.link("Older") != "" {
		t.Errorf("it leads back to %s", got)
	}
	b.get(t, "/faxes?folder=failed&page=9").contains(t, "no more faxes")
	for _, odd := range []string{"0", "-1", "x", "99999999999999999999"} {
		b.get(t, "/faxes?page="+odd).want(t, http.StatusOK)
	}
}

func TestTheExtensionThatWasDialledIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path, refused := b.sendLetter(t, answers+"*12"), b.sendLetter(t, busy+"*12")
	s.deliver(t)
	b.get(t, path).contains(t, "+1 500 555 0001 * 12", "Extension 12 was dialled after the answer.")
	if p := b.get(t, refused); strings.Contains(p.text("main"), "Extension") {
		t.Error("an extension was dialled where nobody answered")
	}
}
