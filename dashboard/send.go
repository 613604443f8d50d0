package dashboard

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const sendPath = "/send"

// sendForm asks what is to be sent, and to whom.
type sendForm struct {
	frame
	Key         string // of this showing of the form: the same sent twice is one fax
	From        []option
	Kept        []keptFile // uploaded before, when something else was wrong
	Again       string     // id of the fax whose pages are sent again; empty: none
	AgainName   string
	AgainOf     string // id of the account whose fax it is; empty: one's own
	To          string // of a fax that is sent again, or as the link says
	Cover       bool   // a cover page is begun
	Options     bool   // something among the options is wrong, or a time is set
	Flags       []choice
	Resolutions []option
	Contents    []option
	Retries     []option
	Zone        string
	Country     bool   // national numbers are understood
	First, Last string // the bounds of the time to send at, as the field has them
	Tests       []testNumber
	Simulated   bool
	Most        int64 // megabytes of all files together
	MostFiles   int
}

// choice is a box to tick.
type choice struct {
	Value, Text string
	Checked     bool
}

// localTime is how a field of type datetime-local writes a time.
const localTime = "2006-01-02T15:04"

func (s *Server) sendPage(v *visit, c auth.Caller) error { return s.showSend(v, c, nil, nil) }

func (s *Server) showSend(v *visit, c auth.Caller, kept []keptFile, p *problem) error {
	page := &sendForm{
		frame: v.page(v.t("send.title", nil), sendPath), Key: auth.NewID(), Kept: kept,
		To: v.r.URL.Query().Get("to"), Cover: coverPage(v.form) != nil, Options: v.form.Get("send_time") != "", Country: v.country() != "",
		Flags: v.coverFlags(), Resolutions: v.resolutions(), Contents: v.contents(c), Retries: v.retries(c),
		Zone: v.zone.String(), First: v.now.In(v.zone).Format(localTime), Last: v.now.AddDate(1, 0, 0).In(v.zone).Format(localTime),
		Tests: v.testNumbers(), Simulated: s.Simulated, Most: fax.MaxBytes >> 20, MostFiles: fax.MaxFiles,
	}
	numbers, err := s.senders(v, c)
	if err != nil {
		return err
	}
	page.From = numbers
	if err := s.sendAgain(v, c, page); err != nil {
		return err
	}
	page.with(p)
	return v.show("send", page)
}

// senders are the numbers that the person may send from.
func (s *Server) senders(v *visit, c auth.Caller) ([]option, error) {
	numbers, err := s.Numbers.List(v.r.Context(), own(c))
	var out []option
	for _, n := range numbers {
		if !slices.Contains(n.AssignedTo, c.Account.ID) {
			continue
		}
		text := v.number(n.Number)
		if n.Test {
			text = v.t("send.from_test", map[string]any{"number": text})
		}
		out = append(out, option{n.Number, text, len(out) == 0})
	}
	return append(out, option{fax.NoNumber, v.t("fax.number_none", nil), len(out) == 0}), err
}

// sendAgainPath is the form that sends a fax of a mailbox once more, from one's own.
func sendAgainPath(m mailbox, id string) string {
	query := url.Values{"fax": {id}}
	if !m.own {
		query.Set("of", m.AccountID)
	}
	return sendPath + "?" + query.Encode()
}

// sendAgain fills in what is known of an earlier fax.
func (s *Server) sendAgain(v *visit, c auth.Caller, page *sendForm) error {
	id := cmp.Or(v.form.Get("fax"), v.r.URL.Query().Get("fax"))
	if id == "" {
		return nil
	}
	page.AgainOf = cmp.Or(v.form.Get("of"), v.r.URL.Query().Get("of"))
	m, err := s.mailboxOf(v, c, page.AgainOf)
	if err != nil {
		return err
	}
	f, err := s.Faxes.Fax(v.r.Context(), m.Actor, id)
	if err != nil {
		return err
	}
	page.Again = f.ID
	page.AgainName = v.t("send_again."+string(f.Direction), map[string]any{"party": v.party(f), "pages": v.pages(f.Document.Pages), "at": f.Started.In(v.zone)})
	if f.Direction == fax.Outgoing && page.To == "" {
		page.To = f.To
	}
	return nil
}

func (v *visit) coverFlags() (all []choice) {
	for _, name := range fax.CoverFlags() {
		all = append(all, choice{name, v.t("cover_flag."+name, nil), slices.Contains(v.form["cover_page.flags"], name)})
	}
	return all
}

func (v *visit) resolutions() (all []option) {
	for _, name := range fax.Resolutions() {
		all = append(all, option{name, v.t("resolution."+name, nil), name == "fine"})
	}
	return all
}

// contents say whether pages are drawn for text or for pictures.
func (v *visit) contents(c auth.Caller) []option {
	text := c.Account.Preferences.Settings.ShouldEnhance
	return []option{{"text", v.t("send.content_text", nil), text}, {"photo", v.t("send.content_photo", nil), !text}}
}

func (v *visit) retries(c auth.Caller) (all []option) {
	for n := range fax.MaxRetries + 1 {
		text := v.t("send.retry_none", nil)
		if n > 0 {
			text = v.t("send.retry_count", map[string]any{"count": n})
		}
		all = append(all, option{strconv.Itoa(n), text, n == c.Account.Preferences.Settings.SendFax.Retry.Count})
	}
	return all
}

// send takes the form. Files that came with one that is refused are kept, so that they
// need not be chosen again.
func (s *Server) send(v *visit, c auth.Caller) error {
	kept, err := s.readSend(v, c)
	if v.form == nil {
		return err
	}
	var receipt fax.Receipt
	if err == nil {
		receipt, err = s.submit(v, c, kept)
	}
	if err != nil {
		return v.showAgain(forPeople(err), func(p *problem) error { return s.showSend(v, c, kept, p) })
	}
	ids := make(map[string]bool, len(receipt.IDs))
	for _, id := range receipt.IDs {
		ids[id] = true
	}
	for id := range ids {
		if len(ids) == 1 {
			return v.done(faxPath(id), "fax_submitted")
		}
	}
	return v.done(folderPath(faxesPath, "outbox", 0), "faxes_submitted")
}

func (s *Server) submit(v *visit, c auth.Caller, kept []keptFile) (fax.Receipt, error) {
	at, err := sendTime(v.form.Get("send_time"), v.zone)
	if err != nil {
		return fax.Receipt{}, err
	}
	retry, err := retryOf(v.form, c)
	if err != nil {
		return fax.Receipt{}, err
	}
	in := fax.Submission{
		From: v.form.Get("from"), To: recipients(v.form.Get("to")), SendTime: at, Retry: retry,
		Comment: fax.Comment{Text: v.form.Get("comment")}, CoverPage: coverPage(v.form),
		Resolution: v.form.Get("resolution"), Enhance: v.form.Get("content") != "photo",
		Request: requestOf(v.form, kept),
	}
	for _, k := range kept {
		in.Files = append(in.Files, k.Path)
	}
	if id := v.form.Get("fax"); id != "" {
		m, err := s.mailboxOf(v, c, v.form.Get("of"))
		if err != nil {
			return fax.Receipt{}, err
		}
		in.FromFax = &fax.FromFax{FaxID: id, Of: &m.Actor}
	}
	return s.Outbox.Submit(v.r.Context(), own(c), in)
}

// recipients are the numbers of a field, one a line or with commas between.
func recipients(text string) (all []string) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\r\n,;、，；", r) }) {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// sendTime puts the time of a field, which is meant in the person's zone, into the words
// of the rule.
func sendTime(text string, zone *time.Location) (string, error) {
	if text == "" {
		return "", nil
	}
	for _, layout := range []string{localTime, localTime + ":05"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.Format("2006-01-02 15:04:05 -0700"), nil
		}
	}
	return "", fault.New(fault.Invalid, "schedule_invalid").At("send_time")
}

// retryOf has the pause between attempts as the account's settings have it.
func retryOf(form url.Values, c auth.Caller) (fax.Retry, error) {
	count, err := strconv.Atoi(cmp.Or(form.Get("retry"), "0"))
	if err != nil || count < 0 || count > fax.MaxRetries {
		return fax.Retry{}, fault.New(fault.Invalid, "form_malformed").At("retry")
	}
	return fax.Retry{Count: count, Delay: time.Duration(c.Account.Preferences.Settings.SendFax.Retry.Delay) * time.Second}, nil
}

// coverPage is the one that was filled in; nil: its fields are empty.
func coverPage(form url.Values) *fax.CoverPage {
	c := fax.CoverPage{
		NameTo: form.Get("cover_page.name_to"), NameFrom: form.Get("cover_page.name_from"), Subject: form.Get("cover_page.subject"),
		Flags: form["cover_page.flags"], Message: strings.ReplaceAll(form.Get("cover_page.message"), "\r\n", "\n"),
	}
	if c.NameTo+c.NameFrom+c.Subject+c.Message == "" && len(c.Flags) == 0 {
		return nil
	}
	return &c
}

// requestOf makes one fax of a form that was sent twice. A form that was changed in
// between is another one.
func requestOf(form url.Values, kept []keptFile) fax.Request {
	if form.Get("key") == "" {
		return fax.Request{}
	}
	h := sha256.New()
	fields := make(url.Values, len(form))
	for name, values := range form {
		if name != "kept" {
			fields[name] = values
		}
	}
	h.Write([]byte(fields.Encode()))
	for _, k := range kept {
		h.Write([]byte("\x00" + k.Name + "\x00" + strconv.FormatInt(k.size, 10)))
	}
	r := fax.Request{}
	h.Sum(r.Body[:0])
	r.Key = "form-" + hex.EncodeToString(r.Body[:])
	return r
}

// forPeople is a rule's refusal in the words of the form: programs are told of the
// fields of the wire.
func forPeople(err error) error {
	e := fault.Of(err)
	if e == nil {
		return err
	}
	switch e.Code + " " + e.Field {
	case "value_missing to":
		e = fault.New(fault.Invalid, "recipient_missing").At(e.Field)
	case "value_missing files":
		e = fault.New(fault.Invalid, "file_missing").At(e.Field)
	case "value_missing cover_page.name_to":
		e = fault.New(fault.Invalid, "cover_name_to_missing").At(e.Field)
	case "value_missing cover_page.name_from":
		e = fault.New(fault.Invalid, "cover_name_from_missing").At(e.Field)
	case "value_missing cover_page.subject":
		e = fault.New(fault.Invalid, "cover_subject_missing").At(e.Field)
	case "send_time_past send_time":
		e = fault.New(fault.Invalid, "schedule_past").At(e.Field)
	case "send_time_far send_time":
		e = fault.New(fault.Invalid, "schedule_far").At(e.Field)
	case "upload_unknown files":
		e = fault.New(fault.Invalid, "upload_over").At(e.Field)
	case "quota_used ":
		e = e.At("from")
	}
	return e
}
