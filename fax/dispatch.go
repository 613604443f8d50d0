package fax

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line"
)

// DeliveryStore is what delivery needs of the database. A claim is a node's until its
// lease ends and another one takes over; from then on the first one gets fault.Conflict
// "fax_claimed". Nothing to do is fault.NotFound "fax_none".
type DeliveryStore interface {
	// ClaimConversion hands out the document that has waited longest for its pages.
	ClaimConversion(ctx context.Context, node string, now, leaseUntil time.Time) (Conversion, error)
	// DoomBlob notes that a blob, which is about to be written, is to be deleted at that
	// time unless a row adopts it before.
	DoomBlob(ctx context.Context, blob string, due time.Time) error
	// FinishConversion gives a document its pages: Blob, Pages and Size. Its jobs are
	// due now, or at the time that they are scheduled for.
	FinishConversion(ctx context.Context, node string, d Document, now time.Time) error
	// FailConversion turns all jobs of a document into faxes of that status. why stays
	// with the document; nil: nobody knows.
	FailConversion(ctx context.Context, node, documentID string, s Status, why *fault.Error, now time.Time) error
	// ClaimJob hands out the job that has been due longest, of those whose sending
	// number has fewer than perNumber calls.
	ClaimJob(ctx context.Context, node string, now, leaseUntil time.Time, perNumber int) (Delivery, error)
	// MarkTrained notes that pages may arrive from now on.
	MarkTrained(ctx context.Context, node, jobID string, now time.Time) error
	// Renew prolongs all claims of the node, and gives the jobs among them.
	Renew(ctx context.Context, node string, leaseUntil time.Time) (jobIDs []string, err error)
	// SettleJob stores a delivery and ends its claim. One that is Over becomes the fax.
	SettleJob(ctx context.Context, node string, d Delivery, f Fax) error
	// ClaimReturn hands out, for as long as the lease, a fax that is to be sent back
	// (Delivery.ReturnAt) and that nobody holds, the one that is due longest.
	ClaimReturn(ctx context.Context, now, leaseUntil time.Time) (Fax, error)
	// EndReturn notes that a fax is not to be sent back any more.
	EndReturn(ctx context.Context, sentID string) error
}

// Dispatcher delivers what is in the outbox, on each node. It is safe for concurrent
// use. Fields without a word about zero are required.
type Dispatcher struct {
	Store     DeliveryStore
	Blobs     Blobs
	Line      line.Line
	TestLine  TestLine  // nil: no test number sends anything back
	Receiver  *Receiver // takes what is sent back; required with TestLine
	Converter Converter
	Stamp     Stamp  // draws the header line
	Node      string // names this process among those on the same database
	Dir       string // for pages under way; empty: the system's
	Calls     int    // how many calls at a time; zero: 10
	PerNumber int    // of them, from one number and on all nodes; zero: 2
	// Conversions is how many documents are converted at a time; zero: 1.
	Conversions int
	Poll        time.Duration // how often to look for work of other nodes; zero: 1 s
	Lease       time.Duration // zero: 45 s
	// Grace is how long calls and conversions may go on when Run is to end. Zero: not
	// at all.
	Grace time.Duration
	Board *Board // shows the calls while they last; nil: nobody looks
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	once      sync.Once
	calls     bell // rings for jobs
	documents bell // and for documents
	mu        sync.Mutex
	running   map[string]context.CancelFunc // the calls of this node, by job
}

const (
	defaultCalls     = 10
	defaultPerNumber = 2
	defaultPoll      = time.Second
	defaultLease     = 45 * time.Second
	settleTime       = 10 * time.Second // to store the end of a call when the server stops
)

// bell wakes a loop. Ringing it twice is like once.
type bell chan struct{}

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

func (x *Dispatcher) init() {
	x.once.Do(func() {
		x.calls, x.documents = make(bell, 1), make(bell, 1)
		x.running = make(map[string]context.CancelFunc)
	})
}

// Wake tells the dispatcher that there is something to do.
func (x *Dispatcher) Wake() {
	x.init()
	x.documents.ring()
	x.calls.ring()
}

// Run delivers until ctx ends. What is under way then has the Grace to end by itself;
// after it Run hangs up, stores how each call ended, and returns.
func (x *Dispatcher) Run(ctx context.Context) {
	x.init()
	var loops sync.WaitGroup
	leases, stop := context.WithCancel(context.WithoutCancel(ctx))
	loops.Go(func() { x.keepLeases(leases) })
	under, end := withGrace(ctx, x.Grace)
	defer end()
	var work sync.WaitGroup
	work.Go(func() { x.loop(ctx, under, cmp.Or(x.Conversions, 1), x.documents, x.convertNext) })
	work.Go(func() { x.loop(ctx, under, cmp.Or(x.Calls, defaultCalls), x.calls, x.callNext) })
	if x.TestLine != nil {
		work.Go(func() { x.loop(ctx, under, 1, nil, x.returnNext) }) // nobody rings: whoever would have is gone
	}
	work.Wait() // the leases of what is under way hold until it is over
	stop()
	loops.Wait()
}

// withGrace is a context that ends so long after another one.
func withGrace(ctx context.Context, grace time.Duration) (later context.Context, end func()) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-later.Done():
		}
	})
	return later, func() { ended(); cancel() }
}

// loop does at most so many things at a time, and begins none when ctx has ended. next
// claims one and gives what is to be done, for as long as under lasts; nil: there is
// nothing. woken may be nil.
func (x *Dispatcher) loop(ctx, under context.Context, most int, woken bell, next func(context.Context) func(context.Context)) {
	free := make(chan struct{}, most)
	var working sync.WaitGroup
	defer working.Wait()
	tick := time.NewTicker(cmp.Or(x.Poll, defaultPoll))
	defer tick.Stop()
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if do := next(ctx); do != nil {
			working.Go(func() {
				defer func() {
					<-free
					woken.ring() // a call that ended may make room for another one of its number
				}()
				do(under)
			})
			continue
		}
		<-free
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-tick.C:
		}
	}
}

// nothing reports whether a claim found nothing, and logs what else kept it from it.
func (x *Dispatcher) nothing(ctx context.Context, err error) bool {
	if err != nil && ctx.Err() == nil && !errors.Is(err, fault.NotFound) {
		x.Log.Error("fax", "error", err)
	}
	return err != nil
}

// keepLeases prolongs this node's claims. A call whose claim is lost is hung up: another
// node may be about to make it.
func (x *Dispatcher) keepLeases(ctx context.Context) {
	lease := cmp.Or(x.Lease, defaultLease)
	tick := time.NewTicker(lease / 5)
	defer tick.Stop()
	kept := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		began := time.Now()
		held, err := x.renew(ctx, lease)
		switch {
		case err == nil:
			kept = began
			x.hangUpAllBut(held)
		case ctx.Err() != nil:
		default:
			x.Log.Error("fax leases", "error", err)
			if time.Since(kept) > lease*3/5 {
				x.hangUpAllBut(nil)
			}
		}
	}
}

// renew asks the database only while there is something to keep.
func (x *Dispatcher) renew(ctx context.Context, lease time.Duration) (held map[string]bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lease/5)
	defer cancel()
	before := x.underWay()
	ids, err := x.Store.Renew(ctx, x.Node, x.Now().Add(lease))
	held = make(map[string]bool, len(ids))
	for _, id := range ids {
		held[id] = true
	}
	for id := range x.underWay() { // a call that began meanwhile has a lease of its own
		if !before[id] {
			held[id] = true
		}
	}
	return held, err
}

func (x *Dispatcher) underWay() map[string]bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	ids := make(map[string]bool, len(x.running))
	for id := range x.running {
		ids[id] = true
	}
	return ids
}

func (x *Dispatcher) hangUpAllBut(held map[string]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, hangUp := range x.running {
		if !held[id] {
			hangUp()
		}
	}
}

// begin notes a call, so that it can be hung up.
func (x *Dispatcher) begin(id string, hangUp context.CancelFunc) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running[id] = hangUp
}

func (x *Dispatcher) end(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.running, id)
}
