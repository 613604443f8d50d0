package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// maxOutbox bounds the list of an account's jobs, which has no pages on the wire.
const maxOutbox = 10_000

const (
	jobColumns = `j.id, j.organization_id, j.account_id, j.from_number, j.to_number, j.comment, j.tags,
	j.retry_count, j.retry_delay, j.submitted_at, j.scheduled_at, j.submitted_by, j.address, j.attempts,
	j.due_at, j.sending_at, d.converting_at, d.ready_at, ` + documentColumns
	fromJobs = " FROM fax_jobs j JOIN fax_documents d ON d.id = j.document_id "
)

// jobRow is a job with the times that make its status.
type jobRow struct {
	fax.Job
	sendingAt, convertingAt, readyAt time.Time
}

func jobFields(r *jobRow) []any {
	return append([]any{
		&r.ID, &r.OrganizationID, &r.AccountID, &r.From, &r.To, &r.Comment.Text, jsonOf[[]string]{&r.Comment.Tags},
		&r.Retry.Count, (*span)(&r.Retry.Delay), (*millis)(&r.Submitted), (*millis)(&r.Scheduled), &r.SubmittedBy, &r.Address,
		jsonOf[[]fax.Attempt]{&r.Attempts}, (*millis)(&r.NextAt), (*millis)(&r.sendingAt), (*millis)(&r.convertingAt),
		(*millis)(&r.readyAt),
	}, documentFields(&r.Document)...)
}

// job is the job with its history. Nothing of the history is stored that other columns
// have: thousands of jobs move on with their document in one write.
func (r jobRow) job() fax.Job {
	j := r.Job
	step := func(at time.Time, status fax.OutboxStatus) {
		if !at.IsZero() {
			j.Status = status
			j.Changes = append(j.Changes, fax.StatusChange{At: at, Status: status})
		}
	}
	step(j.Submitted, fax.Submitted)
	step(r.convertingAt, fax.Converting)
	step(r.readyAt, fax.Scheduled)
	for _, a := range j.Attempts {
		step(a.StartedAt, fax.Sending)
		step(a.EndedAt, fax.Scheduled)
	}
	step(r.sendingAt, fax.Sending)
	if j.NextAt.IsZero() {
		j.NextAt = j.Scheduled
	}
	return j
}

// EarlierReceipt implements fax.OutboxStore.
func (db *DB) EarlierReceipt(ctx context.Context, accountID string, r fax.Request, now time.Time) (receipt fax.Receipt, found bool, err error) {
	if r.Key == "" {
		return receipt, false, nil
	}
	var body []byte
	err = db.get(ctx, requestAnswer+" AND created_at > $4",
		[]any{accountID, "outbox", r.Key, ms(now.Add(-requestAge))}, &body, jsonOf[fax.Receipt]{&receipt})
	if errors.Is(err, sql.ErrNoRows) {
		return receipt, false, nil
	}
	if err != nil {
		return receipt, false, err
	}
	if err := sameBody(body, r); err != nil {
		return fax.Receipt{}, false, err
	}
	return receipt, true, nil
}

// PutJobs implements fax.OutboxStore.
func (db *DB) PutJobs(ctx context.Context, n fax.NewJobs) (receipt fax.Receipt, err error) {
	err = db.write(ctx, func(t *tx) error {
		receipt = n.Receipt
		earlier, err := t.request(n.Jobs[0].AccountID, "outbox", n.Request, n.At, n.Receipt)
		if err != nil {
			return err
		}
		if earlier != "" {
			receipt = fax.Receipt{}
			return json.Unmarshal([]byte(earlier), &receipt)
		}
		if err := t.putDocument(n.Document, documentWaiting, n.At); err != nil {
			return err
		}
		if err := t.putSources(n.Document.ID, n.Sources); err != nil {
			return err
		}
		return t.putJobs(n)
	})
	return receipt, err
}

// jobsPerInsert keeps a statement within the parameters that SQLite allows, and its
// text short.
const jobsPerInsert = 200

func (t *tx) putJobs(n fax.NewJobs) error {
	if err := t.putLanes(n.Jobs); err != nil {
		return err
	}
	tags, err := jsonText(n.Jobs[0].Comment.Tags)
	if err != nil {
		return err
	}
	for rest := n.Jobs; len(rest) > 0; {
		some := rest[:min(len(rest), jobsPerInsert)]
		rest = rest[len(some):]
		var args []any
		for _, j := range some {
			args = append(args, j.ID, j.OrganizationID, j.AccountID, n.Document.ID, lane(j), j.From, j.To, j.Comment.Text, tags,
				j.Retry.Count, j.Retry.Delay.Milliseconds(), ms(j.Submitted), ms(j.Scheduled), j.SubmittedBy, j.Address,
				"[]", 0, 0, 0, "")
		}
		err := t.run(`INSERT INTO fax_jobs
			(id, organization_id, account_id, document_id, lane, from_number, to_number, comment, tags,
			 retry_count, retry_delay, submitted_at, scheduled_at, submitted_by, address,
			 attempts, due_at, sending_at, trained_at, claimed_by)
			VALUES `+rowsOf(len(some), 20), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// lane is the queue of a job: calls from one number wait for each other.
func lane(j fax.Job) string {
	if j.From == fax.NoNumber {
		return j.OrganizationID
	}
	return j.From
}

func (t *tx) putLanes(jobs []fax.Job) error {
	known := make(map[string]bool)
	for _, j := range jobs {
		name := lane(j)
		if known[name] {
			continue
		}
		known[name] = true
		if err := t.run("INSERT INTO fax_lanes (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", name); err != nil {
			return err
		}
	}
	return nil
}

// Jobs implements fax.OutboxStore.
func (db *DB) Jobs(ctx context.Context, accountID string) ([]fax.Job, error) {
	rows, err := query(ctx, db, jobFields, "SELECT "+jobColumns+fromJobs+
		"WHERE j.account_id = $1 ORDER BY j.submitted_at DESC, j.id DESC LIMIT $2", accountID, maxOutbox)
	jobs := make([]fax.Job, len(rows))
	for i, r := range rows {
		jobs[i] = r.job()
	}
	return jobs, err
}

// JobByID implements fax.OutboxStore.
func (db *DB) JobByID(ctx context.Context, accountID, id string) (fax.Job, error) {
	var r jobRow
	err := db.get(ctx, "SELECT "+jobColumns+fromJobs+"WHERE j.id = $1 AND j.account_id = $2", []any{id, accountID}, jobFields(&r)...)
	return r.job(), orNotFound(err, "fax_unknown")
}

// CommentJob implements fax.OutboxStore.
func (db *DB) CommentJob(ctx context.Context, accountID, id, text string, _ time.Time) error {
	return db.write(ctx, func(t *tx) error {
		if _, err := t.quietJob(accountID, id); err != nil {
			return err
		}
		return t.run("UPDATE fax_jobs SET comment = $2 WHERE id = $1", id, text)
	})
}

// CancelJob implements fax.OutboxStore.
func (db *DB) CancelJob(ctx context.Context, accountID, id string, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		document, err := t.quietJob(accountID, id)
		if err != nil {
			return err
		}
		if err := t.run("DELETE FROM fax_jobs WHERE id = $1", id); err != nil {
			return err
		}
		if err := t.dropTraces(id, now); err != nil {
			return err
		}
		return t.dropDocument(document, now)
	})
}

// quietJob keeps a job that is not under a call from being claimed until the
// transaction ends, and gives its document.
func (t *tx) quietJob(accountID, id string) (document string, err error) {
	var sendingAt int64
	err = t.get("SELECT document_id, sending_at FROM fax_jobs WHERE id = $1 AND account_id = $2"+t.db.lock,
		[]any{id, accountID}, &document, &sendingAt)
	if err != nil {
		return "", orNotFound(err, "fax_unknown")
	}
	if sendingAt > 0 {
		return "", fault.New(fault.Conflict, "fax_sending")
	}
	return document, nil
}

// placeholder is $n.
func placeholder(n int) string { return "$" + strconv.Itoa(n) }
