package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

const linkColumns = "l.hash, l.kind, l.account_id, l.email, l.sealed, l.created_at, l.expires_at, l.used_at"

func linkFields(l *auth.Link) []any {
	return []any{
		&l.Hash, (*string)(&l.Kind), &l.AccountID, &l.Email, &l.Sealed,
		(*millis)(&l.CreatedAt), (*millis)(&l.ExpiresAt), (*millis)(&l.UsedAt),
	}
}

// PutLink implements auth.LinkStore.
func (db *DB) PutLink(ctx context.Context, l auth.Link, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.putLink(l); err != nil {
			return err
		}
		return t.audit(a)
	})
}

func (t *tx) putLink(l auth.Link) error {
	err := t.run("UPDATE links SET used_at = $3, sealed = NULL WHERE account_id = $1 AND kind = $2 AND used_at = 0",
		l.AccountID, string(l.Kind), ms(l.CreatedAt))
	if err != nil {
		return err
	}
	return t.run(`INSERT INTO links (hash, kind, account_id, email, sealed, created_at, expires_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
		l.Hash[:], string(l.Kind), l.AccountID, l.Email, l.Sealed, ms(l.CreatedAt), ms(l.ExpiresAt))
}

// endLinks ends every link of an account that nobody has used.
func (t *tx) endLinks(accountID string, at time.Time) error {
	return t.run("UPDATE links SET used_at = $2, sealed = NULL WHERE account_id = $1 AND used_at = 0", accountID, ms(at))
}

// LinkByHash implements auth.LinkStore.
func (db *DB) LinkByHash(ctx context.Context, h auth.Hash) (l auth.Link, a auth.Account, o auth.Organization, err error) {
	err = db.get(ctx, "SELECT "+linkColumns+", "+holderColumns+` FROM links l
		JOIN accounts a ON a.id = l.account_id JOIN organizations o ON o.id = a.organization_id
		WHERE l.hash = $1`, []any{h[:]}, append(linkFields(&l), holderFields(&a, &o)...)...)
	return l, a, o, orNotFound(err, "link_unknown")
}

// RedeemLink implements auth.LinkStore. change may run more than once.
func (db *DB) RedeemLink(ctx context.Context, h auth.Hash, at time.Time, change func(*auth.Account) error, end auth.End, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE links SET used_at = $2, sealed = NULL WHERE hash = $1 AND used_at = 0 AND expires_at > $2", h[:], ms(at))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "link_used")
		}
		var acc auth.Account
		err = t.get("SELECT "+accountColumns+" FROM accounts a WHERE a.id = (SELECT account_id FROM links WHERE hash = $1)"+db.lock,
			[]any{h[:]}, accountFields(&acc)...)
		if err != nil {
			return orNotFound(err, "link_unknown")
		}
		id := acc.ID
		if err := change(&acc); err != nil {
			return err
		}
		return t.accountChanged(id, acc, end, a)
	})
}

// Links implements auth.LinkStore.
func (db *DB) Links(ctx context.Context, organizationID string, kind auth.LinkKind, now time.Time) ([]auth.Link, error) {
	return query(ctx, db, linkFields, "SELECT "+linkColumns+` FROM links l JOIN accounts a ON a.id = l.account_id
		WHERE a.organization_id = $1 AND l.kind = $2 AND l.used_at = 0 AND l.expires_at > $3
		ORDER BY l.created_at, l.account_id`, organizationID, string(kind), ms(now))
}
