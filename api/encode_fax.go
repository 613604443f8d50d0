package api

import (
	"cmp"
	"strings"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// time writes a time of the wire. The zero time is null.
func (e *encoder) time(key string, t time.Time) {
	e.key(key)
	if t.IsZero() {
		*e = append(*e, "null"...)
		return
	}
	*e = append(*e, '"')
	*e = t.UTC().AppendFormat(*e, wireTime)
	*e = append(*e, '"')
}

func (e *encoder) openList(key string) {
	e.key(key)
	*e = append(*e, '[')
}

func (e *encoder) closeList() { *e = append(*e, ']') }

// list writes the items of a list with write.
func list[T any](e *encoder, key string, items []T, write func(*encoder, T)) {
	e.openList(key)
	for _, item := range items {
		write(e, item)
	}
	e.closeList()
}

// fax writes a fax as lists have it. Both spellings of the two numbers go out: the
// documentation has one, the client libraries have the other.
func (e *encoder) fax(f fax.Fax) {
	e.open("")
	e.faxKeys(f)
	e.close()
}

// wholeFax writes a fax with its attempts, and what was recorded of them.
func (e *encoder) wholeFax(f fax.Fax, r *recorded) {
	e.open("")
	e.faxKeys(f)
	e.attempts(f.Attempts, r)
	e.close()
}

func (e *encoder) faxKeys(f fax.Fax) {
	e.text("id", f.ID)
	e.text("owner_id", f.AccountID)
	e.text("direction", string(f.Direction))
	e.text("status", string(f.Status))
	e.text("description", description(f))
	e.number("pages", f.Pages)
	e.number("cost", f.Pages) // the unit of cost is the page
	e.open("cost_details")
	e.close()
	e.text("comment", f.Comment.Text)
	e.texts("tags", nonNil(f.Comment.Tags))
	e.number("duration", seconds(f.Duration))
	e.text("file", f.FileName())
	e.text("file_name", f.DisplayName())
	e.text("from", f.From)
	e.text("from_number", f.From)
	e.text("to", f.To)
	e.text("to_number", f.To)
	e.text("header", f.Sender())
	e.flag("is_read", f.IsRead)
	e.flag("is_spam", f.IsSpam)
	e.number("max_retry", f.Retry.Count)
	e.number("retry_delay", seconds(f.Retry.Delay))
	e.time("submit_time", f.Submitted)
	e.time("scheduled_time", f.Scheduled)
	e.time("start_time", f.Started)
	e.time("last_update", f.Updated)
	e.coverPage(f.Document.CoverPage)
}

// description says how a fax ended, and of a document that was refused what to do too.
func description(f fax.Fax) string {
	if f.Document.Refusal == nil {
		return descriptions()[f.Status]
	}
	sentence, next := f.Reason(locale.English)
	return strings.TrimSpace(sentence + " " + next)
}

// descriptions are what each status means, in English as all of the wire.
var descriptions = sync.OnceValue(func() map[fax.Status]string {
	all := map[fax.Status]string{}
	for _, status := range fax.Statuses() {
		all[status] = locale.Text(locale.English, "fax_status."+string(status), nil)
	}
	all[fax.Success] = "OK"
	return all
})

func seconds(d time.Duration) int { return int(d / time.Second) }

func nonNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

// attempts writes calls. recorded is of these alone; nil: it is left out.
func (e *encoder) attempts(all []fax.Attempt, r *recorded) {
	list(e, "attempts", all, func(e *encoder, a fax.Attempt) {
		e.open("")
		e.attemptKeys(a)
		if r != nil {
			e.flightRecorder(a, r)
		}
		e.close()
	})
}

func (e *encoder) attemptKeys(a fax.Attempt) {
	e.text("id", a.ID)
	e.text("outcome", a.Outcome)
	e.time("start_time", a.StartedAt)
	e.time("end_time", a.EndedAt)
	e.number("duration", seconds(a.Duration))
	e.text("extension", a.Extension)
	e.text("transport", a.Transport)
	e.number("sip_code", a.SIP)
	e.number("t30_code", a.T30)
	e.text("t30_name", a.T30Name)
	e.number("rate", a.Rate)
	e.flag("ecm", a.ECM)
	e.number("pages", a.Pages)
	e.number("bad_rows", a.BadRows)
	e.text("station_id", a.StationID)
	e.flag("simulated", a.Simulated)
}

// call writes how far a call is.
func (e *encoder) call(c *fax.Call) {
	if c == nil {
		return
	}
	e.open("call")
	e.text("stage", cmp.Or(c.Stage, "waiting"))
	e.text("transport", c.Transport)
	e.number("rate", c.Rate)
	e.flag("ecm", c.ECM)
	e.number("pages", c.Confirmed)
	e.number("page_count", c.Pages)
	e.close()
}

func (e *encoder) coverPage(c *fax.CoverPage) {
	if c == nil {
		return
	}
	e.open("cover_page")
	e.text("name_to", c.NameTo)
	e.text("name_from", c.NameFrom)
	e.text("subject", c.Subject)
	e.texts("flags", nonNil(c.Flags))
	e.text("message", c.Message)
	e.close()
}

// job writes a record of the outbox. call is the one that is going on; nil: there is
// none, or another node is making it. r is what was recorded of its attempts; nil: it is
// left out.
func (e *encoder) job(j fax.Job, call *fax.Call, r *recorded) {
	e.open("")
	e.text("id", j.ID)
	e.text("uid", j.AccountID)
	e.text("status", string(j.Status))
	e.open("comment")
	e.texts("tags", nonNil(j.Comment.Tags))
	e.text("text", j.Comment.Text)
	e.close()
	e.text("src", j.From)
	e.text("designated_src", j.From)
	e.texts("to", []string{j.To})
	e.documents(j)
	e.number("page_count", j.Document.Pages)
	e.text("ip", j.Address)
	e.open("options")
	e.flag("enhancement", j.Document.Enhance)
	e.retry(j.Retry)
	e.close()
	e.retry(j.Retry)
	e.flag("should_enhance", j.Document.Enhance)
	e.time("submit_time", j.Submitted)
	e.sendTime(j)
	e.time("last_updated_status_time", j.Updated())
	list(e, "status_changes", j.Changes, (*encoder).statusChange)
	e.attempts(j.Attempts, r)
	e.call(call)
	e.open("extra_info")
	e.close()
	e.coverPage(j.Document.CoverPage)
	e.close()
}

// documents writes what was submitted.
func (e *encoder) documents(j fax.Job) {
	e.openList("files")
	for _, f := range j.Document.Files {
		e.text("", fileRef(f))
	}
	e.closeList()
	e.openList("file_changes")
	if len(j.Document.Files) > 0 {
		e.open("")
		e.time("at", j.Submitted)
		list(e, "files", j.Document.Files, (*encoder).file)
		e.close()
	}
	e.closeList()
}

// fileRef is what a file is called in a submission: its upload's path, or the name of
// the earlier fax that it is.
func fileRef(f fax.File) string {
	if f.Path == "" {
		return f.Name
	}
	return f.Path
}

func (e *encoder) file(f fax.File) {
	e.open("")
	e.text("file_name", f.Name)
	e.text("mime_type", f.Type)
	e.number("size", int(f.Size))
	e.close()
}

func (e *encoder) retry(r fax.Retry) {
	e.open("retry")
	e.number("count", r.Count)
	e.number("delay", seconds(r.Delay))
	e.close()
}

// sendTime is the only time with an offset, as it is in a submission. A fax that was to
// go at once has the time of its submission.
func (e *encoder) sendTime(j fax.Job) {
	at := j.Scheduled
	if at.IsZero() {
		at = j.Submitted
	}
	e.text("send_time", at.UTC().Format(wireTime)+" +0000")
}

func (e *encoder) statusChange(c fax.StatusChange) {
	e.open("")
	e.time("at", c.At)
	e.text("status", string(c.Status))
	e.close()
}

// phoneNumber writes a number. Here a number neither waits to be verified nor runs out.
func (e *encoder) phoneNumber(n fax.Number) {
	e.open("")
	e.text("id", n.ID)
	e.text("number", n.Number)
	e.text("owner_id", n.OwnerID)
	e.texts("assigned_to", nonNil(n.AssignedTo))
	e.time("acquired_date", n.AcquiredAt)
	e.time("expiration_date", time.Time{})
	e.text("status", "active")
	e.flag("is_canceled", false)
	e.openList("notifications")
	e.closeList()
	e.close()
}
