package dashboard_test

import (
	"bufio"
	"context"
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
)

// impatience is the limit on reading a request: a stream has to outlive it.
const impatience = 50 * time.Millisecond

// serve puts the site on a socket. The test does not end before every answer has.
func (s *site) serve(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewUnstartedServer(s.handler)
	server.Config.ReadTimeout = impatience
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// stream is what a browser hears of a fax.
type stream struct {
	*http.Response
	t      *testing.T
	lines  *bufio.Scanner
	hangUp context.CancelFunc
}

// listen asks for a stream, as an EventSource does.
func (b *browser) listen(t *testing.T, url string) *stream {
	t.Helper()
	ctx, hangUp := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(hangUp)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", b.language)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	client := &http.Client{Transport: new(http.Transport), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &stream{answer, t, bufio.NewScanner(answer.Body), hangUp}
}

// next is the next event, or comment. None: the stream has ended.
func (s *stream) next() (event, data string, found bool) {
	var lines []string
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch {
		case s.lines.Text() == "" && (event != "" || found):
			return event, strings.Join(lines, "\n"), true
		case name == "event":
			event = value
		case name == "data":
			lines = append(lines, value)
		case name == ":":
			found = true
		}
	}
	return "", "", false
}

// until waits for a part that says a text.
func (s *stream) until(text string) string {
	s.t.Helper()
	last := ""
	for {
		event, data, found := s.next()
		if !found || event == "over" {
			s.t.Fatalf("the stream ended (%s, %v) without %q; the last was\n%s", event, s.lines.Err(), text, last)
		}
		if last = data; strings.Contains(data, text) {
			return data
		}
	}
}

// ends waits for the end of the stream, and says whether the page is to be loaded anew.
func (s *stream) ends() (over bool) {
	s.t.Helper()
	for {
		event, _, found := s.next()
		switch {
		case !found && s.lines.Err() != nil:
			s.t.Fatalf("the stream broke: %v", s.lines.Err())
		case !found:
			return over
		case over:
			s.t.Errorf("after its end came %q", event)
		}
		over = event == "over"
	}
}

// scripted is a line whose only call takes the steps that the test says.
type scripted struct {
	steps chan line.Progress
	end   line.Result
}

func (l *scripted) Send(_ context.Context, _ line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	for p := range l.steps {
		progress(p)
	}
	return l.end, nil
}

func TestAPageFollowsTheCallStepByStep(t *testing.T) {
	t.Parallel()
	words := map[string][]string{
		"en": {
			"About to dial", ">Dialling<", "Answered over T.38", "T.38 at 14,400 bit/s, error correction", "Page 2 of 2",
			"G.711 µ-law at 9,600 bit/s, no error correction", "2 pages confirmed",
		},
		"ja": {
			"発信の準備中", "発信中", "応答あり（T.38）", "T.38、14,400 bit/s、誤り訂正あり", "2ページ中2ページ目を送信中",
			"G.711 µ-law、9,600 bit/s、誤り訂正なし", "2ページの受信を確認",
		},
	}
	for language, say := range words {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, options{})
			b := s.signedIn(t)
			b.language = language
			path := b.sendLetter(t, answers)
			heard := b.listen(t, s.serve(t)+attribute(b.get(t, path).all("[data-live]")[0], "data-live"))
			heard.until("aria-live")
			l := &scripted{make(chan line.Progress), line.Result{Outcome: line.OK, Pages: make([]line.Page, 2)}}
			var all sync.WaitGroup
			defer all.Wait()
			all.Go(func() { s.deliverOver(t, l, s.people.Board) })
			heard.until(say[0])
			for i, p := range []line.Progress{
				{Stage: line.Dialling},
				{Stage: line.Answered, Transport: line.T38},
				{Stage: line.Trained, Transport: line.T38, Rate: 14400, ECM: true},
				{Stage: line.Confirmed, Transport: line.T38, Rate: 14400, ECM: true, Page: 1},
				{Stage: line.Trained, Transport: line.ULaw, Rate: 9600},
				{Stage: line.Confirmed, Transport: line.ULaw, Rate: 9600, Page: 2},
			} {
				l.steps <- p
				heard.until(say[i+1])
			}
			close(l.steps)
			if !heard.ends() {
				t.Error("the page is not loaded anew")
			}
			b.get(t, path).want(t, http.StatusOK)
			again := b.listen(t, heard.Request.URL.String())
			if event, _, _ := again.next(); event != "over" {
				t.Errorf("who listens too late hears %q, want over", event)
			}
		})
	}
}

// Of a call on another node nothing but its status is known here.
func TestTheCallOfAnotherNodeHasItsStatusAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.sendLetter(t, answers)
	heard := b.listen(t, s.serve(t)+path+"/progress")
	l := &scripted{make(chan line.Progress), line.Result{Outcome: line.Busy}}
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { s.deliverOver(t, l, new(fax.Board)) })
	l.steps <- line.Progress{Stage: line.Dialling}
	if part := heard.until("Dialled and sent"); strings.Contains(part, "Dialling") {
		t.Errorf("it knows more:\n%s", part)
	}
	close(l.steps)
	if !heard.ends() {
		t.Error("the page is not loaded anew")
	}
}

func TestTheFirstFaxIsFollowedThereAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.follow(t, b.press(t, b.get(t, "/first-fax"), "Run it here", nil))
	heard := b.listen(t, s.serve(t)+attribute(p.all("[data-live]")[0], "data-live"))
	heard.until("A fax comes back")
	s.deliver(t)
	if !heard.ends() {
		t.Error("the page is not loaded anew")
	}
	if b.get(t, p.path).has("[data-live]") {
		t.Error("it is not over")
	}
}

// A stream is a page's part: nobody keeps, frames or sniffs it, and it outlives the
// limits of an ordinary request.
func TestAStreamLivesWhileNothingHappens(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	path := b.sendLetter(t, answers)
	heard := b.listen(t, s.serve(t)+path+"/progress")
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "X-Accel-Buffering": "no",
	} {
		if got := heard.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	heard.until("Accepted")
	for began := time.Now(); time.Since(began) < 3*impatience; {
		if event, data, found := heard.next(); !found || event != "" {
			t.Fatalf("it said %q, %q, %t; want a sign of life", event, data, found)
		}
	}
	b.post(t, path+"/cancel", nil).want(t, http.StatusSeeOther)
	if !heard.ends() {
		t.Error("the page of a fax that is gone stays")
	}
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, s *site, b *browser){
		"signed out": func(t *testing.T, _ *site, b *browser) { b.post(t, "/logout", nil).want(t, http.StatusSeeOther) },
		"ended elsewhere": func(t *testing.T, s *site, _ *browser) {
			s.signedIn(t).post(t, "/profile/security/sessions/end", nil).want(t, http.StatusSeeOther)
		},
		"run out": func(_ *testing.T, s *site, _ *browser) { s.clock.Advance(auth.SessionIdle) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, options{})
			b := s.signedIn(t)
			heard := b.listen(t, s.serve(t)+b.sendLetter(t, answers)+"/progress")
			heard.until("Accepted")
			end(t, s, b)
			if !heard.ends() {
				t.Error("the page is not loaded anew, so that nobody is asked to sign in")
			}
		})
	}
}

func TestStreamsEndWithTheServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	url := s.serve(t) + b.sendLetter(t, answers) + "/progress"
	heard := b.listen(t, url)
	heard.until("Accepted")
	s.people.EndStreams()
	if heard.ends() {
		t.Error("the page is loaded anew from a server that stops")
	}
	b.listen(t, url).ends() // one that comes too late ends as well
	s.people.EndStreams()
}

// Who has too many pages open gets no more streams, and each that is closed makes room.
func TestAnAccountHasFewStreams(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	server, path := s.serve(t), b.sendLetter(t, answers)+"/progress"
	var open []*stream
	for range 4 {
		heard := b.listen(t, server+path)
		heard.until("Accepted")
		open = append(open, heard)
	}
	if got := b.listen(t, server+path).StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("the fifth gets %d, want 429", got)
	}
	other, _ := s.member(t, "member@clinic.example", auth.Member)
	if got := other.listen(t, server+path).StatusCode; got != http.StatusNotFound {
		t.Errorf("somebody else gets %d for the fax, want 404", got)
	}
	open[0].hangUp()
	eventually(t, "a closed stream makes room", func() bool { return b.listen(t, server+path).StatusCode == http.StatusOK })
}

// Who follows another account's fax does so for as long as its page is open to the
// person.
func TestAStreamEndsWithTheRightToSeeThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	watcher, manager := s.member(t, "manager@clinic.example", auth.Manager)
	below, err := s.Accounts.Create(t.Context(), s.caller(t), "below@clinic.example", auth.Member, password, manager.ID)
	if err != nil {
		t.Fatal(err)
	}
	sender := s.browser()
	sender.signIn(t, below.Email, password)
	path := "/members/" + below.ID + sender.sendLetter(t, answers)
	p := watcher.get(t, path).want(t, http.StatusOK)
	heard := watcher.listen(t, s.serve(t)+attribute(p.all("[data-live]")[0], "data-live"))
	heard.until("Accepted")
	b.post(t, "/members/"+manager.ID+"/role", url.Values{"role": {"member"}}).want(t, http.StatusSeeOther)
	if !heard.ends() {
		t.Error("the page is not loaded anew, so that nobody is told why")
	}
}

// Nobody hears of a fax who may not see its page.
func TestAStreamIsForWhoMaySeeThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	server, fax := s.serve(t), b.sendLetter(t, answers)
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	for _, path := range []string{fax, strings.Replace(fax, "/faxes", "/first-fax", 1)} {
		if got := member.listen(t, server+path+"/progress").StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: another account gets %d, want 404", path, got)
		}
		stranger := s.browser().listen(t, server+path+"/progress")
		if to, _ := url.Parse(stranger.Header.Get("Location")); stranger.StatusCode != http.StatusSeeOther || to.Path != "/login" {
			t.Errorf("%s: a stranger gets %d to %s", path, stranger.StatusCode, to)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server+fax+"/progress", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("HEAD gets %d, want 200", answer.StatusCode)
	}
}
