package dashboard

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/faxgate/faxgate/fax"
)

const faxesPath = "/faxes"

// perPage is how many faxes a page of the list has.
const perPage = 25

// maxPage is as far as one may leaf through a list.
const maxPage = 10_000

// folder is a part of the list. The outbox has jobs, which are not over; all others
// have faxes.
type folder struct {
	name   string // in the URL
	filter fax.Filter
	call   string // of the API, for the same list; empty: there is none
}

// folders are all of them. The first is shown where the URL names none.
var folders = []folder{
	{"inbox", fax.Filter{Category: fax.Inbox}, "/faxes?category=inbox"},
	{"sent", fax.Filter{Category: fax.Sent}, "/faxes?category=sent"},
	{"outbox", fax.Filter{}, "/outbox"},
	{"failed", fax.Filter{Category: fax.Sent, Failed: true}, ""},
	{"spam", fax.Filter{Category: fax.Spam}, "/faxes?category=spam"},
}

// faxesPage is the list of one folder.
type faxesPage struct {
	frame
	Folder   string
	Folders  []link
	Rows     []faxRow
	Previous string // the page before; empty: this is the first
	Next     string // the page after; empty: this is the last
	Empty    empty
	Call     string // the API's address for the same list; empty: it has none
	Owner    string // whose faxes they are; empty: one's own
	Received bool   // only what came in is to be seen
	// People are those whose faxes may be looked at. Empty: one's own alone.
	People []option
}

// faxRow is a fax or a job as a list shows it.
type faxRow struct {
	Path      string
	Party     string // the other end
	Incoming  bool
	Direction string // in words
	Status    badge
	Why       string // what is wrong, in a sentence; empty: nothing is
	Pages     string
	At        moment
	Comment   string
	Unread    bool
	Spam      bool
}

// empty is what a list without entries says.
type empty struct {
	Title, Text string // Text may be empty
	Path        string // what to do; empty: nothing
	Button      string
}

func (s *Server) faxList(v *visit, m mailbox) error {
	query := v.r.URL.Query()
	if of := query.Get("of"); of != "" {
		chosen, err := s.mailboxOf(v, *v.caller, of)
		if err != nil {
			return err
		}
		return v.seeOther(chosen.path())
	}
	at := slices.IndexFunc(folders, func(f folder) bool { return f.name == query.Get("folder") })
	chosen := folders[max(at, 0)]
	if !chosen.received() {
		if err := m.Whole(); err != nil {
			return err
		}
	}
	page := &faxesPage{
		frame: v.page(v.t("folder."+chosen.name, nil), faxesPath), Folder: chosen.name, Empty: v.emptyFolder(m, chosen.name),
		Owner: m.owner(), Received: m.ReceivedOnly, Folders: v.folders(m, chosen.name),
	}
	page.Wide = true
	if chosen.call != "" {
		page.Call = s.PublicURL + "/v3/accounts/" + m.onWire() + chosen.call
	}
	var err error
	if page.People, err = s.people(v, m); err != nil {
		return err
	}
	if chosen.name == "outbox" {
		return s.showOutbox(v, m, page)
	}
	return s.showFaxes(v, m, page, chosen.filter, pageNumber(query))
}

// received reports whether a folder has what came in, and nothing else.
func (f folder) received() bool {
	return f.filter.Category == fax.Inbox || f.filter.Category == fax.Spam
}

// folders are those of a mailbox that the person may see.
func (v *visit) folders(m mailbox, chosen string) (all []link) {
	for _, f := range folders {
		if f.received() || !m.ReceivedOnly {
			all = append(all, link{folderPath(m.path(), f.name, 0), v.t("folder."+f.name, nil), f.name == chosen})
		}
	}
	return all
}

// people are the accounts whose faxes the person may look at; none where it is one's own
// alone.
func (s *Server) people(v *visit, m mailbox) (all []option, err error) {
	accounts, err := s.Accounts.WithFaxes(v.r.Context(), *v.caller)
	if err != nil || len(accounts) < 2 {
		return nil, err
	}
	for i, acc := range accounts {
		text := acc.DisplayName()
		switch {
		case i == 0:
			text = v.t("faxes.own", nil)
		case text != acc.Email:
			text += " (" + acc.Email + ")"
		}
		all = append(all, option{acc.ID, text, acc.ID == m.AccountID})
	}
	return all, nil
}

// onWire is what the API calls the account.
func (m mailbox) onWire() string {
	if m.own {
		return "self"
	}
	return m.AccountID
}

// pageNumber is the page of a list that the URL asks for, from 0.
func pageNumber(query url.Values) int {
	n, err := strconv.Atoi(query.Get("page"))
	if err != nil {
		return 0
	}
	return max(min(n, maxPage)-1, 0)
}

// folderPath is the address of a page of a folder, from 0, of the mailbox with a path. The
// folder and page that need not be named are not.
func folderPath(path, name string, number int) string {
	query := url.Values{}
	if name != folders[0].name {
		query.Set("folder", name)
	}
	if number > 0 {
		query.Set("page", strconv.Itoa(number+1))
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func (s *Server) showOutbox(v *visit, m mailbox, page *faxesPage) error {
	jobs, err := s.Outbox.List(v.r.Context(), m.Actor)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		page.Rows = append(page.Rows, v.jobRow(m, j))
	}
	page.Live = len(jobs) > 0
	return v.show("faxes", page)
}

func (s *Server) showFaxes(v *visit, m mailbox, page *faxesPage, filter fax.Filter, number int) error {
	filter.Limit, filter.Offset = perPage+1, number*perPage
	faxes, err := s.Faxes.List(v.r.Context(), m.Actor, filter)
	if err != nil {
		return err
	}
	if len(faxes) > perPage {
		faxes = faxes[:perPage]
		page.Next = folderPath(m.path(), page.Folder, number+1)
	}
	if number > 0 {
		page.Previous = folderPath(m.path(), page.Folder, number-1)
	}
	for _, f := range faxes {
		page.Rows = append(page.Rows, v.faxRow(m, f))
	}
	return v.show("faxes", page)
}

func (v *visit) faxRow(m mailbox, f fax.Fax) faxRow {
	row := faxRow{
		Path: m.fax(f.ID), Party: v.party(f), Incoming: f.Direction == fax.Incoming, Direction: v.t("direction."+string(f.Direction), nil),
		Status: v.faxBadge(f), Pages: v.pageCount(f), At: v.moment(f.Started), Comment: f.Comment.Text,
		Unread: !f.IsRead, Spam: f.IsSpam,
	}
	if f.Status != fax.Success {
		row.Why, _ = f.Reason(v.language)
	}
	return row
}

func (v *visit) jobRow(m mailbox, j fax.Job) faxRow {
	row := faxRow{
		Path: m.fax(j.ID), Party: v.number(j.To), Direction: v.t("direction.outgoing", nil),
		Status: v.jobBadge(j), At: v.moment(j.Submitted), Comment: j.Comment.Text,
	}
	if j.Document.Pages > 0 {
		row.Pages = v.pages(j.Document.Pages)
	}
	if j.Status == fax.Scheduled && j.NextAt.After(v.now) {
		row.Why = v.t("fax.next_at", map[string]any{"at": j.NextAt.In(v.zone)})
	}
	return row
}

// emptyFolder says what to do where there is nothing.
func (v *visit) emptyFolder(m mailbox, name string) empty {
	e := empty{Title: v.t("folder_empty."+name, nil)}
	if !m.own {
		return e
	}
	e.Text = v.t("folder_empty_text."+name, nil)
	switch name {
	case "inbox":
		e.Path, e.Button = firstFaxPath, v.t("first_fax.title", nil)
	case "sent", "outbox":
		e.Path, e.Button = sendPath, v.t("send.title", nil)
	}
	return e
}
