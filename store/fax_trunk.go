package store

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const (
	trunkColumns = `t.id, t.organization_id, t.name, t.host, t.transport, t.username, t.password, t.t38, t.allow,
	t.priority, t.max_calls, t.digits, t.prefix, t.created_at, n.number`
	fromTrunks   = ` FROM fax_trunks t LEFT JOIN fax_trunk_numbers m ON m.trunk_id = t.id LEFT JOIN fax_numbers n ON n.id = m.number_id `
	inTrunkOrder = ` ORDER BY t.priority, t.created_at, t.id, n.number`
)

// trunkRow is a trunk with one of its numbers.
type trunkRow struct {
	fax.Trunk
	allow, number string
}

func trunkFields(r *trunkRow) []any {
	return []any{
		&r.ID, &r.OrganizationID, &r.Name, &r.Host, &r.Transport, &r.User, &r.Sealed, &r.T38, &r.allow,
		&r.Priority, &r.MaxCalls, &r.Digits, &r.Prefix, (*millis)(&r.CreatedAt), (*optional)(&r.number),
	}
}

// TrunksIn implements fax.TrunkStore.
func (db *DB) TrunksIn(ctx context.Context, organizationID string) ([]fax.Trunk, error) {
	rows, err := query(ctx, db, trunkFields,
		"SELECT "+trunkColumns+fromTrunks+"WHERE $1 = '' OR t.organization_id = $1"+inTrunkOrder, organizationID)
	var all []fax.Trunk
	for _, r := range rows {
		if len(all) == 0 || all[len(all)-1].ID != r.ID {
			all = append(all, r.Trunk)
			all[len(all)-1].Allow = networks(r.allow)
		}
		if last := &all[len(all)-1]; r.number != "" {
			last.Numbers = append(last.Numbers, r.number)
		}
	}
	return all, err
}

// networks are those of a row. They were checked before they were stored.
func networks(text string) (all []netip.Prefix) {
	for word := range strings.FieldsSeq(text) {
		if p, err := netip.ParsePrefix(word); err == nil {
			all = append(all, p)
		}
	}
	return all
}

func networksText(all []netip.Prefix) string {
	words := make([]string, len(all))
	for i, p := range all {
		words[i] = p.String()
	}
	return strings.Join(words, " ")
}

// PutTrunk implements fax.TrunkStore.
func (db *DB) PutTrunk(ctx context.Context, trunk fax.Trunk, newID func() string, a fax.Audit) error {
	err := db.write(ctx, func(t *tx) error {
		if err := t.lockOrganization(trunk.OrganizationID); err != nil {
			return err
		}
		err := t.run(`INSERT INTO fax_trunks
			(id, organization_id, name, host, transport, username, password, t38, allow, priority, max_calls, digits, prefix,
			 created_at, held_by, held_until)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', 0)`,
			trunk.ID, trunk.OrganizationID, trunk.Name, trunk.Host, trunk.Transport, trunk.User, trunk.Sealed, trunk.T38,
			networksText(trunk.Allow), trunk.Priority, trunk.MaxCalls, trunk.Digits, trunk.Prefix, ms(trunk.CreatedAt))
		if err != nil {
			return err
		}
		return t.trunkChanged(trunk, newID, a)
	})
	return orTaken(err, trunk)
}

// ChangeTrunk implements fax.TrunkStore.
func (db *DB) ChangeTrunk(ctx context.Context, trunk fax.Trunk, newID func() string, a fax.Audit) error {
	err := db.write(ctx, func(t *tx) error {
		if err := t.lockOrganization(trunk.OrganizationID); err != nil {
			return err
		}
		n, err := t.exec(`UPDATE fax_trunks SET name = $3, host = $4, transport = $5, username = $6, password = $7, t38 = $8,
			allow = $9, priority = $10, max_calls = $11, digits = $12, prefix = $13 WHERE id = $1 AND organization_id = $2`,
			trunk.ID, trunk.OrganizationID, trunk.Name, trunk.Host, trunk.Transport, trunk.User, trunk.Sealed, trunk.T38,
			networksText(trunk.Allow), trunk.Priority, trunk.MaxCalls, trunk.Digits, trunk.Prefix)
		if err == nil && n == 0 {
			err = trunkUnknown(trunk.Name)
		}
		if err != nil {
			return err
		}
		return t.trunkChanged(trunk, newID, a)
	})
	return orTaken(err, trunk)
}

func trunkUnknown(name string) error {
	return fault.New(fault.NotFound, "trunk_unknown", "name", name)
}

// orTaken says what is taken when a trunk's name is.
func orTaken(err error, trunk fax.Trunk) error {
	if err != nil && fault.Of(err) == nil && isDuplicate(err) {
		return fault.New(fault.Conflict, "trunk_name_taken", "name", trunk.Name).At("name")
	}
	return err
}

// trunkChanged gives a trunk its numbers, and tells everybody.
func (t *tx) trunkChanged(trunk fax.Trunk, newID func() string, a fax.Audit) error {
	if err := t.run("DELETE FROM fax_trunk_numbers WHERE trunk_id = $1", trunk.ID); err != nil {
		return err
	}
	for _, number := range trunk.Numbers {
		id, err := t.ownNumber(trunk.OrganizationID, number, newID, a.At)
		if err != nil {
			return err
		}
		if err := t.run("INSERT INTO fax_trunk_numbers (trunk_id, number_id) VALUES ($1, $2)", trunk.ID, id); err != nil {
			return err
		}
	}
	if err := t.dropNumbers(trunk.OrganizationID); err != nil {
		return err
	}
	t.changed(auth.TrunkChanged, trunk.ID)
	return t.auditTrunk(trunk.OrganizationID, trunk.ID, a)
}

func (t *tx) auditTrunk(organizationID, id string, a fax.Audit) error {
	return t.audit(auth.Audit{
		ID: a.ID, OrganizationID: organizationID, At: a.At, Action: a.Action, ObjectID: id, Detail: a.Detail,
		Actor: auth.Actor{AccountID: a.By.AccountID, Name: a.By.Name, Address: a.By.Address},
	})
}

// ownNumber gives the id of an organization's number, which is its oldest owner's if it is
// new.
func (t *tx) ownNumber(organizationID, number string, newID func() string, now time.Time) (id string, err error) {
	var organization string
	err = t.get("SELECT id, organization_id FROM fax_numbers WHERE number = $1", []any{number}, &id, &organization)
	switch {
	case err == nil && organization != organizationID:
		return "", fault.New(fault.Conflict, "number_taken", "number", number).At("numbers")
	case err == nil || !errors.Is(err, sql.ErrNoRows):
		return id, err
	}
	owners, err := t.texts(`SELECT id FROM accounts WHERE organization_id = $1 AND role = 'owner' ORDER BY created_at, id LIMIT 1`, organizationID)
	if err != nil {
		return "", err
	}
	if len(owners) == 0 {
		return "", fault.New(fault.NotFound, "account_unknown")
	}
	id = newID()
	err = t.run(`INSERT INTO fax_numbers (id, organization_id, number, owner_id, test, acquired_at) VALUES ($1, $2, $3, $4, FALSE, $5)`,
		id, organizationID, number, owners[0], ms(now))
	if err != nil {
		return "", err
	}
	return id, t.run("INSERT INTO fax_number_accounts (number_id, account_id, assigned_at) VALUES ($1, $2, $3)", id, owners[0], ms(now))
}

// numbersWithoutTrunk are those of an organization that no trunk carries any more.
const numbersWithoutTrunk = `SELECT n.id FROM fax_numbers n WHERE n.organization_id = $1 AND n.test = FALSE
	AND NOT EXISTS (SELECT 1 FROM fax_trunk_numbers m WHERE m.number_id = n.id)`

// dropNumbers removes what no trunk carries any more.
func (t *tx) dropNumbers(organizationID string) error {
	ids, err := t.texts(numbersWithoutTrunk, organizationID)
	for _, id := range ids {
		if err == nil {
			err = t.run("DELETE FROM fax_number_accounts WHERE number_id = $1", id)
		}
		if err == nil {
			err = t.run("DELETE FROM fax_numbers WHERE id = $1", id)
		}
	}
	return err
}

// DeleteTrunk implements fax.TrunkStore.
func (db *DB) DeleteTrunk(ctx context.Context, organizationID, id string, a fax.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockOrganization(organizationID); err != nil {
			return err
		}
		var found string
		err := t.get("SELECT id FROM fax_trunks WHERE id = $1 AND organization_id = $2", []any{id, organizationID}, &found)
		if err != nil {
			return orNotFound(err, "trunk_unknown")
		}
		if err := t.run("DELETE FROM fax_trunk_numbers WHERE trunk_id = $1", id); err != nil {
			return err
		}
		if err := t.run("DELETE FROM fax_trunks WHERE id = $1", id); err != nil {
			return err
		}
		if err := t.dropNumbers(organizationID); err != nil {
			return err
		}
		t.changed(auth.TrunkChanged, id)
		return t.auditTrunk(organizationID, id, a)
	})
}

// HoldTrunks implements fax.TrunkStore.
func (db *DB) HoldTrunks(ctx context.Context, node string, now, until time.Time) (ids []string, err error) {
	var some bool
	if err := db.get(ctx, "SELECT EXISTS (SELECT 1 FROM fax_trunks)", nil, &some); err != nil || !some {
		return nil, err
	}
	err = db.write(ctx, func(t *tx) (err error) {
		ids, err = t.texts(`UPDATE fax_trunks SET held_by = $1, held_until = $3 WHERE held_by = $1 OR held_until < $2 RETURNING id`,
			node, ms(now), ms(until))
		return err
	})
	return ids, err
}

// addTrunks tells of numbers which trunks carry them.
func (db *DB) addTrunks(ctx context.Context, all []fax.Number) error {
	type carried struct{ number, trunk string }
	rows, err := query(ctx, db, func(c *carried) []any { return []any{&c.number, &c.trunk} },
		`SELECT m.number_id, t.id FROM fax_trunk_numbers m JOIN fax_trunks t ON t.id = m.trunk_id
		WHERE t.organization_id = $1 ORDER BY t.priority, t.created_at, t.id`, all[0].OrganizationID)
	for _, r := range rows {
		if i := slices.IndexFunc(all, func(n fax.Number) bool { return n.ID == r.number }); i >= 0 {
			all[i].TrunkIDs = append(all[i].TrunkIDs, r.trunk)
		}
	}
	return err
}

// trunksFor are the trunks that may carry a job: those of its sending number, or all of
// the organization where none is named.
func (t *tx) trunksFor(j fax.Job) ([]string, error) {
	if j.From == fax.NoNumber {
		return t.texts("SELECT t.id FROM fax_trunks t WHERE t.organization_id = $1 ORDER BY t.priority, t.created_at, t.id", j.OrganizationID)
	}
	return t.texts(`SELECT t.id FROM fax_trunks t JOIN fax_trunk_numbers m ON m.trunk_id = t.id
		JOIN fax_numbers n ON n.id = m.number_id
		WHERE t.organization_id = $1 AND n.number = $2 ORDER BY t.priority, t.created_at, t.id`, j.OrganizationID, j.From)
}

// called is a number without its extension: who answers there is the same.
func called(to string) string {
	number, _, _ := strings.Cut(to, "*")
	return number
}

// habit is what is known of the way to a number.
func (t *tx) habit(to string) (h fax.Habit, err error) {
	err = t.get("SELECT without_t38_until, without_ecm_until, max_rate, max_rate_until FROM fax_habits WHERE number = $1", []any{called(to)},
		(*millis)(&h.WithoutT38Until), (*millis)(&h.WithoutECMUntil), &h.MaxRate, (*millis)(&h.MaxRateUntil))
	if errors.Is(err, sql.ErrNoRows) {
		return fax.Habit{}, nil
	}
	return h, err
}

// putHabit stores what a call has taught.
func (t *tx) putHabit(d fax.Delivery) error {
	if !d.Learned {
		return nil
	}
	until := d.Habit.Until()
	if until.IsZero() {
		return t.run("DELETE FROM fax_habits WHERE number = $1", called(d.To))
	}
	return t.run(`INSERT INTO fax_habits (number, without_t38_until, without_ecm_until, max_rate, max_rate_until, until)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (number) DO UPDATE SET without_t38_until = excluded.without_t38_until,
			without_ecm_until = excluded.without_ecm_until, max_rate = excluded.max_rate,
			max_rate_until = excluded.max_rate_until, until = excluded.until`,
		called(d.To), ms(d.Habit.WithoutT38Until), ms(d.Habit.WithoutECMUntil), d.Habit.MaxRate, ms(d.Habit.MaxRateUntil), ms(until))
}
