package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The waits before a lost connection is tried again, and of a notice.
const (
	listenAgainFirst = time.Second
	listenAgainLast  = 30 * time.Second
	notifyTimeout    = time.Second
)

// listener is LISTEN and NOTIFY: the short way on which PostgreSQL nodes learn that
// there are changes to read. Everything works without it, a little later.
type listener struct {
	config *pgx.ConnConfig
	pool   *pgxpool.Pool
	log    *slog.Logger
}

// notify tells the other nodes, after the commit: inside the transaction it would
// make all those that change something wait for one lock, and databases that do
// not know NOTIFY would refuse the transaction.
func (l *listener) notify() {
	ctx, cancel := context.WithTimeout(context.Background(), notifyTimeout)
	defer cancel()
	if _, err := l.pool.Exec(ctx, "NOTIFY faxgate_changes"); err != nil {
		l.log.Debug("notify other nodes", "error", err)
	}
}

// run sends a wake for each notice, until the context ends.
func (l *listener) run(ctx context.Context, wake chan<- struct{}) {
	wait := listenAgainFirst
	for {
		began := time.Now()
		err := l.listen(ctx, wake)
		if ctx.Err() != nil {
			return
		}
		l.log.Warn("listen for the changes of other nodes; polling goes on", "error", err)
		if time.Since(began) > listenAgainLast {
			wait = listenAgainFirst
		}
		if pause(ctx, wait) != nil {
			return
		}
		wait = min(2*wait, listenAgainLast)
	}
}

func (l *listener) listen(ctx context.Context, wake chan<- struct{}) error {
	conn, err := pgx.ConnectConfig(ctx, l.config.Copy())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN faxgate_changes"); err != nil {
		return err
	}
	for {
		select { // also once at the beginning, for what came while there was no connection
		case wake <- struct{}{}:
		default: // one is on its way
		}
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}
