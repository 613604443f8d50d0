package fax_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// clinic is an organization with an owner and a member, all rules, a real database and
// real documents. Only the telephone is not real.
type clinic struct {
	t     *testing.T
	db    *store.DB
	clock *authtest.Clock
	phone *phone
	blobs *blob.Folder
	dir   string

	uploads   *fax.Uploads
	outbox    *fax.Outbox
	faxes     *fax.Faxes
	numbers   *fax.Numbers
	receiver  *fax.Receiver
	sweeper   *fax.Sweeper
	converter *converter

	owner, member fax.Actor
	number        string // of the organization, on the test line
}

// eachClinic runs a test on both databases.
func eachClinic(t *testing.T, test func(t *testing.T, c *clinic)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newClinic(t, db)) })
}

func newClinic(t *testing.T, db *store.DB) *clinic {
	t.Helper()
	c := &clinic{t: t, db: db, clock: authtest.NewClock(), phone: new(phone), converter: &converter{pages: 2}, dir: t.TempDir()}
	now, log := c.clock.Now, slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	c.blobs, err = blob.OpenFolder(c.dir, seal.KeyFrom("a text with enough chance in it", "test"))
	c.must(err)
	c.numbers = &fax.Numbers{Store: db, Now: now, NewID: auth.NewID}
	c.uploads = &fax.Uploads{Store: db, Blobs: c.blobs, Now: now, NewID: auth.NewID}
	c.outbox = &fax.Outbox{Store: db, Numbers: c.numbers, Now: now, NewID: auth.NewID}
	c.faxes = &fax.Faxes{Store: db, Blobs: c.blobs, Stamp: sheet.Stamped, Now: now}
	c.receiver = &fax.Receiver{Store: db, Blobs: c.blobs, Now: now, NewID: auth.NewID, Log: log}
	c.sweeper = &fax.Sweeper{Store: db, Blobs: c.blobs, Now: now, Log: log}

	org := auth.Organization{ID: auth.NewID(), Name: "Sakura Clinic", Plan: auth.Enterprise, Country: "JP", CreatedAt: now()}
	owner, member := account(org, auth.Owner), account(org, auth.Member)
	audit := auth.Audit{ID: auth.NewID(), OrganizationID: org.ID, At: now()}
	c.must(db.CreateOrganization(t.Context(), org, owner, false, audit))
	c.must(db.PutAccount(t.Context(), member, nil, auth.Audit{}))
	c.owner = fax.Actor{OrganizationID: org.ID, AccountID: owner.ID, Name: owner.Email, Country: "JP", Administers: true}
	c.member = fax.Actor{OrganizationID: org.ID, AccountID: member.ID, Name: member.Email, Country: "JP"}
	numbers, err := c.numbers.List(t.Context(), c.owner)
	c.must(err)
	c.number = numbers[0].Number
	return c
}

func account(o auth.Organization, role auth.Role) auth.Account {
	id := auth.NewID()
	return auth.Account{
		ID: id, OrganizationID: o.ID, Email: id + "@example.com", Role: role, Status: auth.Active,
		Preferences: auth.DefaultPreferences(), CreatedAt: o.CreatedAt,
	}
}

func (c *clinic) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// dispatcher is a node.
func (c *clinic) dispatcher(node string) *fax.Dispatcher {
	return &fax.Dispatcher{
		Store: c.db, Blobs: c.blobs, Line: c.phone, Converter: c.converter, Stamp: sheet.Stamped, Node: node, Dir: c.t.TempDir(),
		Poll: time.Millisecond, Now: c.clock.Now, NewID: auth.NewID, Log: slog.New(slog.NewTextHandler(testWriter{c.t}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

// run lets a node work until done says so.
func (c *clinic) run(d *fax.Dispatcher, done func() bool) {
	c.t.Helper()
	ctx, stop := context.WithCancel(c.t.Context())
	var all sync.WaitGroup
	all.Go(func() { d.Run(ctx) })
	defer all.Wait()
	defer stop()
	c.eventually(done)
}

// eventually waits for what other goroutines do.
func (c *clinic) eventually(done func() bool) {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatal("it did not come to an end")
		}
	}
}

// outboxIsEmpty reports whether nothing waits any more.
func (c *clinic) outboxIsEmpty() bool {
	jobs, err := c.outbox.List(c.t.Context(), c.owner)
	c.must(err)
	return len(jobs) == 0
}

// upload puts a file for the owner and gives its path.
func (c *clinic) upload(name, content string) string {
	c.t.Helper()
	u, err := c.uploads.Put(c.t.Context(), c.owner, fax.NewUpload{Name: name, Type: "text/plain", Content: strings.NewReader(content)})
	c.must(err)
	return u.Path
}

// letter is a submission of the owner that has nothing wrong.
func (c *clinic) letter(to ...string) fax.Submission {
	return fax.Submission{From: c.number, To: to, Files: []string{c.upload("letter.txt", "hello")}}
}

// submit gives the ids in the order of the destinations.
func (c *clinic) submit(s fax.Submission) (ids []string) {
	c.t.Helper()
	receipt, err := c.outbox.Submit(c.t.Context(), c.owner, s)
	c.must(err)
	for _, to := range s.To {
		ids = append(ids, receipt.IDs[to])
	}
	return ids
}

// sent is a fax of the owner.
func (c *clinic) sent(id string) fax.Fax {
	c.t.Helper()
	f, err := c.faxes.Fax(c.t.Context(), c.owner, id)
	c.must(err)
	return f
}

// tiff is a fax TIFF of so many pages.
func tiff(pages int) []byte {
	var all page.Document
	for range pages {
		p, err := page.New(page.Geometry{Width: page.WidthA4, Rows: 100, Resolution: page.Fine})
		if err != nil {
			panic(err)
		}
		p.Blacken(10, 20, 30)
		all = append(all, p.Code())
	}
	var b bytes.Buffer
	if err := page.WriteTIFF(&b, all); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// converter makes white pages of everything, or fails.
type converter struct {
	mu      sync.Mutex
	pages   int
	tiff    []byte // what it makes instead; nil: white pages
	err     error
	content []string // of the files that it was given
	options []page.Options
}

func (x *converter) Convert(ctx context.Context, w io.Writer, files []page.File, o page.Options) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.options = append(x.options, o)
	for _, f := range files {
		r, err := f.Open(ctx)
		if err != nil {
			return 0, err
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return 0, err
		}
		x.content = append(x.content, string(b))
	}
	if x.err != nil {
		return 0, x.err
	}
	made := x.tiff
	if made == nil {
		made = tiff(x.pages)
	}
	_, err := w.Write(made)
	return x.pages, err
}

// phone is a line whose calls end as the test says: by default well.
type phone struct {
	mu     sync.Mutex
	answer func(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error)
	calls  []line.Outgoing
	now    int // calls under way
	most   int // at once
}

func (p *phone) Send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	p.mu.Lock()
	p.calls = append(p.calls, out)
	p.now++
	p.most = max(p.most, p.now)
	answer := p.answer
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.now--
		p.mu.Unlock()
	}()
	if err := out.Check(); err != nil {
		return line.Result{}, err
	}
	if answer != nil {
		return answer(ctx, out, progress)
	}
	return success(out, progress)
}

// made is how many calls there were.
func (p *phone) made() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}

// success confirms all pages of the document.
func success(out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	info, err := out.Document.Stat()
	if err != nil {
		return line.Result{}, err
	}
	t, err := page.OpenTIFF(out.Document, info.Size())
	if err != nil {
		return line.Result{}, err
	}
	progress(line.Progress{Stage: line.Trained})
	return line.Result{
		Outcome: line.OK, Extension: out.Extension, Transport: line.T38, Rate: 14400, ECM: true, Total: t.Pages(),
		Pages: make([]line.Page, t.Pages()), StationID: "+81 3 0000 0000", Time: time.Minute,
	}, nil
}

// tempFile is a file with content, at its beginning.
func tempFile(t *testing.T, content []byte) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// is checks the code of a refusal; "" means that there is none.
var is = authtest.Is
