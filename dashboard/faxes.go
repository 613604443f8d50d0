package dashboard

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/faxgate/faxgate/auth"
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
	Title, Text string
	Path        string // what to do; empty: nothing
	Button      string
}

func (s *Server) faxList(v *visit, c auth.Caller) error {
	query := v.r.URL.Query()
	at := slices.IndexFunc(folders, func(f folder) bool { return f.name == query.Get("folder") })
	chosen := folders[max(at, 0)]
	page := &faxesPage{
		frame: v.page(v.t("folder."+chosen.name, nil), faxesPath), Folder: chosen.name, Empty: v.emptyFolder(chosen.name),
	}
	page.Wide = true
	if chosen.call != "" {
		page.Call = s.PublicURL + "/v3/accounts/self" + chosen.call
	}
	for _, f := range folders {
		page.Folders = append(page.Folders, link{folderPath(f.name, 0), v.t("folder."+f.name, nil), f.name == chosen.name})
	}
	if chosen.name == "outbox" {
		return s.showOutbox(v, c, page)
	}
	return s.showFaxes(v, c, page, chosen.filter, pageNumber(query))
}

// pageNumber is the page of a list that the URL asks for, from 0.
func pageNumber(query url.Values) int {
	n, err := strconv.Atoi(query.Get("page"))
	if err != nil {
		return 0
	}
	return max(min(n, maxPage)-1, 0)
}

// folderPath is the address of a page of a folder, from 0. The folder and page that
// need not be named are not.
func folderPath(name string, number int) string {
	query := url.Values{}
	if name != folders[0].name {
		query.Set("folder", name)
	}
	if number > 0 {
		query.Set("page", strconv.Itoa(number+1))
	}
	if len(query) == 0 {
		return faxesPath
	}
	return faxesPath + "?" + query.Encode()
}

func (s *Server) showOutbox(v *visit, c auth.Caller, page *faxesPage) error {
	jobs, err := s.Outbox.List(v.r.Context(), mailbox(c))
	if err != nil {
		return err
	}
	for _, j := range jobs {
		page.Rows = append(page.Rows, v.jobRow(j))
	}
	page.Live = len(jobs) > 0
	return v.show("faxes", page)
}

func (s *Server) showFaxes(v *visit, c auth.Caller, page *faxesPage, filter fax.Filter, number int) error {
	filter.Limit, filter.Offset = perPage+1, number*perPage
	faxes, err := s.Faxes.List(v.r.Context(), mailbox(c), filter)
	if err != nil {
		return err
	}
	if len(faxes) > perPage {
		faxes = faxes[:perPage]
		page.Next = folderPath(page.Folder, number+1)
	}
	if number > 0 {
		page.Previous = folderPath(page.Folder, number-1)
	}
	for _, f := range faxes {
		page.Rows = append(page.Rows, v.faxRow(f))
	}
	return v.show("faxes", page)
}

func (v *visit) faxRow(f fax.Fax) faxRow {
	row := faxRow{
		Path: faxPath(f.ID), Party: v.party(f), Incoming: f.Direction == fax.Incoming, Direction: v.t("direction."+string(f.Direction), nil),
		Status: v.faxBadge(f), Pages: v.pageCount(f), At: v.moment(f.Started), Comment: f.Comment.Text,
		Unread: !f.IsRead, Spam: f.IsSpam,
	}
	if f.Status != fax.Success {
		row.Why, _ = f.Reason(v.language)
	}
	return row
}

func (v *visit) jobRow(j fax.Job) faxRow {
	row := faxRow{
		Path: faxPath(j.ID), Party: v.number(j.To), Direction: v.t("direction.outgoing", nil),
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
func (v *visit) emptyFolder(name string) empty {
	e := empty{Title: v.t("folder_empty."+name, nil), Text: v.t("folder_empty_text."+name, nil)}
	switch name {
	case "inbox":
		e.Path, e.Button = firstFaxPath, v.t("first_fax.title", nil)
	case "sent", "outbox":
		e.Path, e.Button = sendPath, v.t("send.title", nil)
	}
	return e
}
