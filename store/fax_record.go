package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const (
	faxColumns = `f.id, f.organization_id, f.account_id, f.direction, f.folder, f.status, f.from_number, f.to_number,
	f.pages, f.comment, f.tags, f.is_read, f.retry_count, f.retry_delay, f.submitted_at, f.scheduled_at,
	f.started_at, f.updated_at, f.duration, ` + documentColumns
	fromFaxes = " FROM faxes f JOIN fax_documents d ON d.id = f.document_id "
)

// faxRow is a fax with the folder that it is in.
type faxRow struct {
	fax.Fax
	folder string
}

func faxFields(r *faxRow) []any {
	return append([]any{
		&r.ID, &r.OrganizationID, &r.AccountID, (*string)(&r.Direction), &r.folder, (*string)(&r.Status), &r.From, &r.To,
		&r.Pages, &r.Comment.Text, jsonOf[[]string]{&r.Comment.Tags}, &r.IsRead, &r.Retry.Count, (*span)(&r.Retry.Delay),
		(*millis)(&r.Submitted), (*millis)(&r.Scheduled), (*millis)(&r.Started), (*millis)(&r.Updated), (*span)(&r.Duration),
	}, documentFields(&r.Document)...)
}

func wholeFaxFields(r *faxRow) []any { return append(faxFields(r), jsonOf[[]fax.Attempt]{&r.Attempts}) }

func (r faxRow) fax() fax.Fax {
	f := r.Fax
	f.IsSpam = r.folder == string(fax.Spam)
	return f
}

// folder is where a fax stands.
func folder(f fax.Fax) fax.Category {
	switch {
	case f.Direction == fax.Outgoing:
		return fax.Sent
	case f.IsSpam:
		return fax.Spam
	}
	return fax.Inbox
}

// CountUnread implements fax.FaxStore.
func (db *DB) CountUnread(ctx context.Context, accountID string) (unread int, err error) {
	err = db.get(ctx, "SELECT COUNT(*) FROM faxes WHERE account_id = $1 AND folder = 'inbox' AND is_read = FALSE",
		[]any{accountID}, &unread)
	return unread, err
}

// FaxesOf implements fax.FaxStore.
func (db *DB) FaxesOf(ctx context.Context, accountID string, f fax.Filter) ([]fax.Fax, error) {
	where, args := faxConditions(accountID, f)
	direction := " DESC"
	if f.Ascending {
		direction = ""
	}
	text := "SELECT " + faxColumns + fromFaxes + "WHERE " + where + " ORDER BY "
	if column := faxOrders[f.SortBy]; column != "" {
		text += column + direction + ", "
	}
	text += "f.started_at" + direction + ", f.id" + direction
	text += " LIMIT " + placeholder(len(args)+1) + " OFFSET " + placeholder(len(args)+2)
	rows, err := query(ctx, db, faxFields, text, append(args, f.Limit, f.Offset)...)
	faxes := make([]fax.Fax, len(rows))
	for i, r := range rows {
		faxes[i] = r.fax()
	}
	return faxes, err
}

// faxOrders are the columns by which a list can be sorted before its time.
var faxOrders = map[fax.SortBy]string{
	fax.ByFrom: "f.from_number", fax.ByTo: "f.to_number", fax.ByComment: "f.comment", fax.ByPages: "f.pages",
}

// faxConditions is what a filter lets pass. The conditions on account and folder are
// written as the indexes have them.
func faxConditions(accountID string, f fax.Filter) (where string, args []any) {
	var all []string
	add := func(condition string, arg any) {
		args = append(args, arg)
		all = append(all, condition+placeholder(len(args)))
	}
	add("f.account_id = ", accountID)
	if f.Category == "" {
		all = append(all, "f.folder <> 'spam'")
	} else {
		add("f.folder = ", string(f.Category))
	}
	for _, c := range []struct {
		condition string
		wanted    bool
		arg       any
	}{
		{"f.started_at >= ", !f.After.IsZero(), ms(f.After)},
		{"f.started_at < ", !f.Before.IsZero(), ms(f.Before)},
		{"f.status = ", f.Status != "", string(f.Status)},
		{"f.status <> ", f.Failed, string(fax.Success)},
		{"f.pages >= ", f.MinPages > 0, f.MinPages},
		{"f.pages <= ", f.MaxPages > 0, f.MaxPages},
		{"f.from_number = ", f.From != "", f.From},
		{"f.to_number = ", f.To != "", f.To},
	} {
		if c.wanted {
			add(c.condition, c.arg)
		}
	}
	if f.IsRead != nil {
		add("f.is_read = ", *f.IsRead)
	}
	return strings.Join(all, " AND "), args
}

// FaxByID implements fax.FaxStore and fax.OutboxStore.
func (db *DB) FaxByID(ctx context.Context, accountID, id string) (fax.Fax, error) {
	var r faxRow
	err := db.get(ctx, "SELECT "+faxColumns+", f.attempts"+fromFaxes+"WHERE f.id = $1 AND f.account_id = $2",
		[]any{id, accountID}, wholeFaxFields(&r)...)
	return r.fax(), orNotFound(err, "fax_unknown")
}

// wholeFax reads a fax with its attempts, or sql.ErrNoRows.
func (t *tx) wholeFax(id string) (fax.Fax, error) {
	var r faxRow
	err := t.get("SELECT "+faxColumns+", f.attempts"+fromFaxes+"WHERE f.id = $1", []any{id}, wholeFaxFields(&r)...)
	return r.fax(), err
}

// ChangeFax implements fax.FaxStore.
func (db *DB) ChangeFax(ctx context.Context, accountID, id string, c fax.Change, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		var f fax.Fax
		var in string
		err := t.get("SELECT direction, folder, comment, is_read FROM faxes WHERE id = $1 AND account_id = $2"+t.db.lock,
			[]any{id, accountID}, (*string)(&f.Direction), &in, &f.Comment.Text, &f.IsRead)
		if err != nil {
			return orNotFound(err, "fax_unknown")
		}
		f.IsSpam = in == string(fax.Spam)
		if c.Comment != nil {
			f.Comment.Text = *c.Comment
		}
		if c.IsRead != nil {
			f.IsRead = *c.IsRead
		}
		if c.IsSpam != nil {
			f.IsSpam = *c.IsSpam
		}
		return t.run("UPDATE faxes SET folder = $2, comment = $3, is_read = $4, updated_at = $5 WHERE id = $1",
			id, string(folder(f)), f.Comment.Text, f.IsRead, ms(now))
	})
}

// DeleteFax implements fax.FaxStore.
func (db *DB) DeleteFax(ctx context.Context, accountID, id string, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		deleted, err := list(t.ctx, t.conn, deletedFaxFields,
			"DELETE FROM faxes WHERE id = $1 AND account_id = $2 RETURNING id, document_id", id, accountID)
		if err != nil {
			return err
		}
		if len(deleted) == 0 {
			return fault.New(fault.NotFound, "fax_unknown")
		}
		return t.dropFax(deleted[0], now)
	})
}

// deletedFax is what is left of the record of a fax.
type deletedFax struct{ id, documentID string }

func deletedFaxFields(f *deletedFax) []any { return []any{&f.id, &f.documentID} }

// dropFax deletes what a deleted fax leaves: its pages, unless another one has them, what
// webhooks were told of it, and what was recorded of its calls.
func (t *tx) dropFax(f deletedFax, now time.Time) error {
	if err := t.run("DELETE FROM hook_deliveries WHERE fax_id = $1", f.id); err != nil {
		return err
	}
	if err := t.dropTraces(f.id, now); err != nil {
		return err
	}
	return t.dropDocument(f.documentID, now)
}

// putFax stores a fax that is over, and that it is. returnAt is fax.Delivery's.
func (t *tx) putFax(f fax.Fax, returnAt time.Time) error {
	tags, err := jsonText(f.Comment.Tags)
	if err != nil {
		return err
	}
	attempts, err := jsonText(f.Attempts)
	if err != nil {
		return err
	}
	err = t.run(`INSERT INTO faxes
		(id, organization_id, account_id, direction, folder, status, from_number, to_number, pages, document_id,
		 comment, tags, is_read, retry_count, retry_delay, submitted_at, scheduled_at, started_at, updated_at, duration, attempts, return_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		f.ID, f.OrganizationID, f.AccountID, string(f.Direction), string(folder(f)), string(f.Status), f.From, f.To, f.Pages,
		f.Document.ID, f.Comment.Text, tags, f.IsRead, f.Retry.Count, f.Retry.Delay.Milliseconds(), ms(f.Submitted),
		ms(f.Scheduled), ms(f.Started), ms(f.Updated), f.Duration.Milliseconds(), attempts,
		ms(returnAt))
	if err != nil {
		return err
	}
	e := fax.EventOf(f)
	return t.run("INSERT INTO fax_events (id, kind, fax_id, attempt_id, at, due_at) VALUES ($1, $2, $3, $4, $5, $5)",
		e.ID, string(e.Kind), f.ID, e.AttemptID, ms(f.Updated))
}

// PagesSent implements fax.OutboxStore.
func (db *DB) PagesSent(ctx context.Context, accountID string, month time.Time) (pages int, err error) {
	err = db.get(ctx, "SELECT pages FROM fax_usage WHERE account_id = $1 AND month = $2", []any{accountID, ms(month)}, &pages)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return pages, err
}
