package acceptance_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
)

// Browser is one Chromium behind browser/browser.mjs. Tests share it; each opens
// pages of its own.
type Browser struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	mu      sync.Mutex
	last    int                   // id of the last command
	waiting map[int]chan<- answer // who waits for which answer
	gone    error                 // why there will be no more answers
}

// sharedBrowser is the browser of all tests. It starts when the first page is opened.
type sharedBrowser struct {
	once sync.Once
	b    *Browser
	err  error
}

func (s *sharedBrowser) get() (*Browser, error) {
	s.once.Do(func() { s.b, s.err = startBrowser() })
	return s.b, s.err
}

// close ends the browser, if any test needed one.
func (s *sharedBrowser) close() {
	if s.b != nil {
		s.b.close()
	}
}

// command is one line to the browser.
type command struct {
	ID      int     `json:"id"`
	Page    string  `json:"page"`
	Do      string  `json:"do"`
	URL     string  `json:"url,omitempty"`
	At      *Target `json:"at,omitempty"`
	Value   string  `json:"value,omitempty"`
	Path    string  `json:"path,omitempty"`
	Options any     `json:"options,omitempty"`
}

// answer is one line from the browser.
type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  string          `json:"error"`
}

// startBrowser starts Chromium and waits until it runs.
func startBrowser() (*Browser, error) {
	b := &Browser{cmd: exec.Command("node", "browser/browser.mjs"), waiting: map[int]chan<- answer{}}
	b.cmd.Stderr = os.Stderr
	var err error
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	running := make(chan answer, 1)
	b.waiting[0] = running
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w; scripts/install.sh test installs what is missing", err)
	}
	go b.listen(out)
	if a := <-running; a.Error != "" {
		return nil, fmt.Errorf("browser: %s; scripts/install.sh test installs what is missing", a.Error)
	}
	return b, nil
}

// listen hands each answer to who waits for it, until the browser is gone.
func (b *Browser) listen(out io.Reader) {
	lines := json.NewDecoder(bufio.NewReader(out))
	for {
		var a answer
		if err := lines.Decode(&a); err != nil {
			b.leave(err)
			return
		}
		b.mu.Lock()
		c := b.waiting[a.ID]
		delete(b.waiting, a.ID)
		b.mu.Unlock()
		if c != nil {
			c <- a
		}
	}
}

// leave tells everybody who waits that the browser is gone.
func (b *Browser) leave(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = fmt.Errorf("the browser ended: %w", err)
	for id, c := range b.waiting {
		c <- answer{ID: id, Error: b.gone.Error()}
	}
	clear(b.waiting)
}

// call sends a command and waits for its answer. result may be nil.
func (b *Browser) call(c command, result any) error {
	answered := make(chan answer, 1)
	if err := b.send(c, answered); err != nil {
		return err
	}
	a := <-answered
	if a.Error != "" {
		return errors.New(a.Error)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(a.Result, result)
}

func (b *Browser) send(c command, answered chan<- answer) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone != nil {
		return b.gone
	}
	b.last++
	c.ID = b.last
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	b.waiting[c.ID] = answered
	_, err = b.in.Write(append(line, '\n'))
	return err
}

// close ends Chromium.
func (b *Browser) close() {
	b.in.Close()
	b.cmd.Wait()
}

// View is how a page is looked at. The zero value is an English desktop with a
// light scheme and JavaScript.
type View struct {
	Language string // "ja-JP"; empty: "en-US"
	Dark     bool
	Phone    bool
	NoScript bool
}

// String names the view, for subtests and file names.
func (v View) String() string {
	name := "en"
	if v.Language != "" {
		name = v.Language[:2]
	}
	name += map[bool]string{false: "-light", true: "-dark"}[v.Dark]
	name += map[bool]string{false: "-desktop", true: "-phone"}[v.Phone]
	return name + map[bool]string{false: "", true: "-noscript"}[v.NoScript]
}

// viewport is the size of a window in CSS pixels.
type viewport struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

var (
	desktop = viewport{1280, 800}
	phone   = viewport{390, 844}
)

// options are those of Playwright's newContext.
func (v View) options() map[string]any {
	o := map[string]any{
		"locale": "en-US", "colorScheme": "light", "timezoneId": "Asia/Tokyo",
		"viewport": desktop, "javaScriptEnabled": !v.NoScript,
	}
	if v.Language != "" {
		o["locale"] = v.Language
	}
	if v.Dark {
		o["colorScheme"] = "dark"
	}
	if v.Phone {
		o["viewport"] = phone
	}
	return o
}

// Open opens an empty page with cookies of its own. At the end of the test the page
// is closed, and it is an error if a policy refused something or a script failed.
func Open(t *testing.T, v View) *Page {
	t.Helper()
	b, err := suite.browser.get()
	if err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	name := "page" + strconv.Itoa(b.last+1)
	b.mu.Unlock()
	p := &Page{browser: b, name: name + t.Name()}
	p.do(t, command{Do: "open", Options: v.options()}, nil)
	t.Cleanup(func() { p.close(t) })
	return p
}
