package acceptance_test

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/faxgate/faxgate/store/storetest"
)

// postgres are the settings of a server on a PostgreSQL database of its own.
func postgres(t *testing.T) []string {
	t.Helper()
	key := filepath.Join(t.TempDir(), "master.key")
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	if err := os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(secret)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"FAXGATE_DATABASE_URL=" + storetest.Postgres(t), "FAXGATE_MASTER_KEY_FILE=" + key}
}

// onEachDatabase runs a test against a server on SQLite and one on PostgreSQL.
func onEachDatabase(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t, Options{}))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t, Options{Env: postgres(t)}))
	})
}

// twoNodes are two servers on one database.
func twoNodes(t *testing.T) (a, b *Server) {
	t.Helper()
	env := postgres(t)
	a = Start(t, Options{Env: env})
	b = Start(t, Options{Env: env, NoOwner: true}) // it has one: that of the first node
	b.Owner = a.Owner
	return a, b
}

// at is the program as it speaks to another node.
func (p *Program) at(s *Server) *Program {
	other := *p
	other.server = s
	return &other
}
