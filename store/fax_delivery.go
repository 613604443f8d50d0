package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fax"
)

// ClaimJob implements fax.DeliveryStore.
func (db *DB) ClaimJob(ctx context.Context, node string, now, leaseUntil time.Time, perNumber int) (fax.Delivery, error) {
	name, err := db.dueLane(ctx, now, perNumber)
	if err != nil {
		return fax.Delivery{}, err
	}
	var d fax.Delivery
	err = db.write(ctx, func(t *tx) error {
		id, err := t.dueJob(name, now, perNumber)
		if err != nil {
			return err
		}
		d, err = t.claimJob(id, node, now, leaseUntil)
		return err
	})
	return d, err
}

// dueLane finds the queue whose next job has been due longest, of those that have room
// for a call. It is a look without a write.
func (db *DB) dueLane(ctx context.Context, now time.Time, perNumber int) (name string, err error) {
	err = db.get(ctx, `SELECT l.name FROM fax_lanes l
		JOIN fax_jobs j ON j.id = (SELECT n.id FROM fax_jobs n WHERE n.lane = l.name AND n.due_at > 0 AND n.due_at <= $1
			ORDER BY n.due_at, n.id LIMIT 1)
		WHERE (SELECT COUNT(*) FROM fax_jobs s WHERE s.lane = l.name AND s.sending_at > 0 AND s.due_at > $1) < $2
		ORDER BY j.due_at, j.id LIMIT 1`, []any{ms(now), perNumber}, &name)
	return name, orNotFound(err, "fax_none")
}

// dueJob finds the job of a queue. Whoever claims one of the same queue waits for its
// row, so that the calls are counted right.
func (t *tx) dueJob(lane string, now time.Time, perNumber int) (id string, err error) {
	if _, err := t.texts("SELECT name FROM fax_lanes WHERE name = $1"+t.db.lock, lane); err != nil {
		return "", err
	}
	err = t.get(`SELECT id FROM fax_jobs WHERE lane = $1 AND due_at > 0 AND due_at <= $2
		AND (SELECT COUNT(*) FROM fax_jobs s WHERE s.lane = $1 AND s.sending_at > 0 AND s.due_at > $2) < $3
		ORDER BY due_at, id LIMIT 1`+t.db.skipLocked, []any{lane, ms(now), perNumber}, &id)
	return id, orNotFound(err, "fax_none")
}

// claimJob gives a job to a node. One that still has its beginning was left by another.
func (t *tx) claimJob(id, node string, now, leaseUntil time.Time) (d fax.Delivery, err error) {
	var r jobRow
	var trainedAt time.Time
	err = t.get("SELECT "+jobColumns+", j.trained_at"+fromJobs+"WHERE j.id = $1", []any{id},
		append(jobFields(&r), (*millis)(&trainedAt))...)
	if err != nil {
		return d, err
	}
	d = fax.Delivery{Job: r.job(), Started: r.sendingAt, Trained: !trainedAt.IsZero(), Left: !r.sendingAt.IsZero()}
	if d.Trunks, err = t.trunksFor(d.Job); err != nil {
		return d, err
	}
	if d.Habit, err = t.habit(d.To); err != nil {
		return d, err
	}
	if !d.Left {
		d.Started = now.UTC().Truncate(time.Millisecond)
		if d.OverQuota, err = t.overQuota(d.Job, now); err != nil {
			return d, err
		}
	}
	return d, t.run("UPDATE fax_jobs SET claimed_by = $2, due_at = $3, sending_at = $4 WHERE id = $1",
		id, node, ms(leaseUntil), ms(d.Started))
}

// overQuota reports whether a job's pages are more than its account may still send this
// month, with those that are under way. Two claims of the account wait for each other.
func (t *tx) overQuota(j fax.Job, now time.Time) (bool, error) {
	var quota int
	if err := t.get("SELECT member_detail_quota FROM accounts WHERE id = $1", []any{j.AccountID}, &quota); err != nil || quota == 0 {
		return false, err
	}
	if err := t.get("SELECT member_detail_quota FROM accounts WHERE id = $1"+t.db.lock, []any{j.AccountID}, &quota); err != nil {
		return false, err
	}
	// One statement, one snapshot: a call that ends meanwhile is in one of the two.
	var pages int
	err := t.get(`SELECT COALESCE((SELECT pages FROM fax_usage WHERE account_id = $1 AND month = $3), 0) +
		(SELECT CAST(COALESCE(SUM(d.pages), 0) AS BIGINT)`+fromJobs+`WHERE j.account_id = $1 AND j.sending_at > 0 AND j.id <> $2)`,
		[]any{j.AccountID, j.ID, ms(fax.Month(now))}, &pages)
	return pages+j.Document.Pages > quota, err
}

// MarkTrained implements fax.DeliveryStore.
func (db *DB) MarkTrained(ctx context.Context, node, jobID string, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE fax_jobs SET trained_at = $3 WHERE id = $1 AND claimed_by = $2", jobID, node, ms(now))
		if err == nil && n == 0 {
			return faxClaimed()
		}
		return err
	})
}

// Renew implements fax.DeliveryStore.
func (db *DB) Renew(ctx context.Context, node string, leaseUntil time.Time) (jobIDs []string, err error) {
	var some bool
	err = db.get(ctx, `SELECT EXISTS (SELECT 1 FROM fax_jobs WHERE claimed_by = $1 AND claimed_by <> '')
		OR EXISTS (SELECT 1 FROM fax_documents WHERE claimed_by = $1 AND claimed_by <> '')`, []any{node}, &some)
	if err != nil || !some {
		return nil, err
	}
	err = db.write(ctx, func(t *tx) (err error) {
		err = t.run("UPDATE fax_documents SET claimed_until = $2 WHERE claimed_by = $1 AND claimed_by <> ''", node, ms(leaseUntil))
		if err != nil {
			return err
		}
		jobIDs, err = t.texts("UPDATE fax_jobs SET due_at = $2 WHERE claimed_by = $1 AND claimed_by <> '' RETURNING id", node, ms(leaseUntil))
		return err
	})
	return jobIDs, err
}

// SettleJob implements fax.DeliveryStore.
func (db *DB) SettleJob(ctx context.Context, node string, d fax.Delivery, f fax.Fax) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.putHabit(d); err != nil {
			return err
		}
		if !d.Over {
			return t.putJobBack(node, d, f)
		}
		n, err := t.exec("DELETE FROM fax_jobs WHERE id = $1 AND claimed_by = $2", d.ID, node)
		if err != nil {
			return err
		}
		if n == 0 {
			return faxClaimed()
		}
		if err := t.putTrace(d.Trace, f); err != nil {
			return err
		}
		if err := t.putFax(f, d.ReturnAt); err != nil || f.Pages == 0 {
			return err
		}
		return t.run(`INSERT INTO fax_usage (account_id, month, pages) VALUES ($1, $2, $3)
			ON CONFLICT (account_id, month) DO UPDATE SET pages = fax_usage.pages + excluded.pages`,
			f.AccountID, ms(fax.Month(f.Updated)), f.Pages)
	})
}

// putJobBack lets a job wait for its next attempt. f is the fax that it would be now.
func (t *tx) putJobBack(node string, d fax.Delivery, f fax.Fax) error {
	attempts, err := jsonText(d.Attempts)
	if err != nil {
		return err
	}
	n, err := t.exec(`UPDATE fax_jobs SET attempts = $3, due_at = $4, sending_at = 0, trained_at = 0, claimed_by = ''
		WHERE id = $1 AND claimed_by = $2`, d.ID, node, attempts, ms(d.NextAt))
	if err == nil && n == 0 {
		err = faxClaimed()
	}
	if err != nil {
		return err
	}
	return t.putTrace(d.Trace, f)
}
