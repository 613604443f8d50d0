package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const (
	numberColumns = `n.id, n.organization_id, n.number, n.owner_id, n.test, n.acquired_at, m.account_id`
	fromNumbers   = ` FROM fax_numbers n LEFT JOIN fax_number_accounts m ON m.number_id = n.id `
	inNumberOrder = ` ORDER BY n.test DESC, n.acquired_at, n.id, m.assigned_at, m.account_id`
)

// numberRow is a number with one of the accounts that have it.
type numberRow struct {
	fax.Number
	account string
}

func numberFields(r *numberRow) []any {
	return []any{
		&r.ID, &r.OrganizationID, &r.Number.Number, &r.OwnerID, &r.Test, (*millis)(&r.AcquiredAt), (*optional)(&r.account),
	}
}

func (db *DB) numbers(ctx context.Context, where string, args ...any) ([]fax.Number, error) {
	rows, err := query(ctx, db, numberFields, "SELECT "+numberColumns+fromNumbers+where+inNumberOrder, args...)
	var all []fax.Number
	for _, r := range rows {
		if len(all) == 0 || all[len(all)-1].ID != r.ID {
			all = append(all, r.Number)
		}
		if last := &all[len(all)-1]; r.account != "" {
			last.AssignedTo = append(last.AssignedTo, r.account)
		}
	}
	if err != nil || len(all) == 0 {
		return all, err
	}
	return all, db.addTrunks(ctx, all)
}

// NumbersIn implements fax.NumberStore.
func (db *DB) NumbersIn(ctx context.Context, organizationID string) ([]fax.Number, error) {
	return db.numbers(ctx, "WHERE n.organization_id = $1", organizationID)
}

// NumbersOf implements fax.OutboxStore.
func (db *DB) NumbersOf(ctx context.Context, accountID string) ([]fax.Number, error) {
	return db.numbers(ctx, "WHERE n.id IN (SELECT number_id FROM fax_number_accounts WHERE account_id = $1)", accountID)
}

// NumberCalled implements fax.ReceiverStore.
func (db *DB) NumberCalled(ctx context.Context, number string) (fax.Number, error) {
	found, err := db.numbers(ctx, "WHERE n.number = $1", number)
	if err == nil && len(found) == 0 {
		return fax.Number{}, numberUnknown(number)
	}
	if err != nil {
		return fax.Number{}, err
	}
	return found[0], nil
}

func numberUnknown(number string) error {
	return fault.New(fault.NotFound, "number_unknown", "number", number)
}

// The numbers of organizations on the test line; those before are its own.
const (
	testNumberPrefix = "+1500555"
	firstTestNumber  = 1000
	lastTestNumber   = 9999
)

// PutTestNumber implements fax.NumberStore.
func (db *DB) PutTestNumber(ctx context.Context, organizationID, id string, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockOrganization(organizationID); err != nil {
			return err
		}
		var exists bool
		err := t.get("SELECT EXISTS (SELECT 1 FROM fax_numbers WHERE organization_id = $1 AND test)", []any{organizationID}, &exists)
		if err != nil || exists {
			return err
		}
		owners, err := t.texts(`SELECT id FROM accounts WHERE organization_id = $1 AND role = 'owner'
			ORDER BY created_at, id LIMIT 1`, organizationID)
		if err != nil || len(owners) == 0 {
			return err
		}
		taken, err := t.takeTestNumber(organizationID, id, owners[0], now)
		if err != nil || !taken {
			return err
		}
		return t.run("INSERT INTO fax_number_accounts (number_id, account_id, assigned_at) VALUES ($1, $2, $3)", id, owners[0], ms(now))
	})
}

// takeTestNumber takes the number after the highest one. Another organization may take
// it at the same time; then it is the next one's turn.
func (t *tx) takeTestNumber(organizationID, id, owner string, now time.Time) (taken bool, err error) {
	for {
		var highest string
		if err := t.get("SELECT COALESCE(MAX(number), '') FROM fax_numbers WHERE test", nil, &highest); err != nil {
			return false, err
		}
		next := firstTestNumber
		if highest != "" {
			if _, err := fmt.Sscanf(highest, testNumberPrefix+"%d", &next); err != nil {
				return false, fmt.Errorf("test number %s: %w", highest, err)
			}
			next++
		}
		if next > lastTestNumber {
			return false, nil
		}
		n, err := t.exec(`INSERT INTO fax_numbers (id, organization_id, number, owner_id, test, acquired_at)
			VALUES ($1, $2, $3, $4, TRUE, $5) ON CONFLICT (number) DO NOTHING`,
			id, organizationID, fmt.Sprint(testNumberPrefix, next), owner, ms(now))
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
}

// AssignNumber implements fax.NumberStore.
func (db *DB) AssignNumber(ctx context.Context, organizationID, number, accountID string, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		if _, err := t.account(organizationID, accountID); err != nil {
			return err
		}
		id, err := t.numberID(organizationID, number)
		if err != nil {
			return err
		}
		return t.run(`INSERT INTO fax_number_accounts (number_id, account_id, assigned_at) VALUES ($1, $2, $3)
			ON CONFLICT (number_id, account_id) DO NOTHING`, id, accountID, ms(now))
	})
}

// RevokeNumber implements fax.NumberStore.
func (db *DB) RevokeNumber(ctx context.Context, organizationID, number, accountID string) error {
	return db.write(ctx, func(t *tx) error {
		id, err := t.numberID(organizationID, number)
		if err != nil {
			return err
		}
		return t.run("DELETE FROM fax_number_accounts WHERE number_id = $1 AND account_id = $2", id, accountID)
	})
}

func (t *tx) numberID(organizationID, number string) (id string, err error) {
	err = t.get("SELECT id FROM fax_numbers WHERE organization_id = $1 AND number = $2", []any{organizationID, number}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", numberUnknown(number)
	}
	return id, err
}
