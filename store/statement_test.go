package store_test

import (
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// What no caller sees must tell the reader of the log what it happened to, and no
// value.
func TestAnErrorNamesItsStatement(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		db := storetest.Open(t, c)
		h := newHouse(t, db)
		access := h.access(oauth.Grant{ID: auth.NewID()})
		for _, table := range []string{"links", "access_tokens", "mails"} {
			if _, err := raw(t, c).Exec("DROP TABLE " + table); err != nil {
				t.Fatal(err)
			}
		}
		const secret = "fgl_secret"
		_, _, _, readErr := db.LinkByHash(t.Context(), auth.HashOf(secret))
		_, listErr := db.Links(t.Context(), h.org.ID, auth.InvitationLink, now)
		writeErr := db.PutLink(t.Context(), auth.Link{Hash: auth.HashOf(secret), AccountID: h.owner.ID, Email: secret}, auth.Audit{})
		batchErr := db.PutAccessToken(t.Context(), access)
		for want, err := range map[string]error{
			"SELECT … FROM links l JOIN accounts a ON a.id = l.account_id JOIN organizations": readErr,
			"SELECT … FROM links l JOIN accounts a ON a.id = l.account_id WHERE":              listErr,
			"UPDATE links SET used_at":  writeErr,
			"INSERT INTO access_tokens": batchErr,
		} {
			if err == nil || fault.Of(err) != nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), secret) {
				t.Errorf("the error is %q, want %s…", err, want)
			}
		}
	})
}
