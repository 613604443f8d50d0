package sip

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/faxgate/faxgate/line"
)

// Trunk is a way to the telephone network: somebody's SIP server.
type Trunk struct {
	ID   string
	Name string // for the log
	// Host is a name or an address, with a port perhaps; see RFC 3263.
	Host      string
	Transport Transport
	// User and Password answer what the trunk asks (RFC 3261 22). An empty User: the trunk
	// knows this server by its address, and nothing is registered.
	User, Password string
	// Register says that this node registers the trunk; of several nodes, one does.
	Register bool
	// Numbers are those that lead to this server over the trunk, E.164.
	Numbers []string
	T38     T38
	// Allow is where calls may come from besides the addresses of Host.
	Allow []netip.Prefix
	// MaxCalls is how many calls there may be at once, both ways. Zero: 10.
	MaxCalls int
	// Digits leaves the plus sign off numbers that are called.
	Digits bool
	// Prefix is dialled before each number. Empty: nothing.
	Prefix string
}

// T38 says who asks for T.38.
type T38 string

// The wishes.
const (
	T38Auto  T38 = "auto"  // the receiving end; as a sender we wait a while for it, and then ask
	T38We    T38 = "we"    // we, as soon as the call is answered
	T38Never T38 = "never" // nobody: the trunk has G.711 alone
)

// trunk is a trunk in use.
type trunk struct {
	Trunk
	line *Line
	end  context.CancelFunc
	over chan struct{} // closed when nothing of it runs any more

	mu       sync.Mutex
	state    State
	targets  []target // the last that were found
	channels int      // calls that are going on
	resolved time.Time
}

// State is how a trunk stands on this node.
type State struct {
	TrunkID string
	Reach   Reach
	// Code is the status that the trunk last answered (RFC 3261 21), Reason its words or
	// those of the network. Zero and empty: it has not been asked yet.
	Code    int
	Reason  string
	Address netip.AddrPort // where it was reached; invalid: nowhere yet
	// Public is how the trunk sees our address (RFC 3581). Invalid: it did not say.
	Public  netip.AddrPort
	Since   time.Time // when Reach became what it is
	Expires time.Time // of the registration; zero: there is none
	Calls   int       // at present
	Max     int
	Ended   map[line.Outcome]int // calls that are over, since the start
}

// Reach is whether a trunk can be called over.
type Reach string

// What a trunk may be.
const (
	Unknown      Reach = "unknown"      // not asked yet
	Registered   Reach = "registered"   // and so calls come in
	Reachable    Reach = "reachable"    // it answers, and nothing is to be registered here
	Refused      Reach = "refused"      // it answers, and will not have us: Code
	Unreachable  Reach = "unreachable"  // it does not answer
	Unresolvable Reach = "unresolvable" // its name leads nowhere
)

// SetTrunks replaces the trunks. Those that stay as they are go on undisturbed; calls over
// the others go on to their end.
func (l *Line) SetTrunks(all []Trunk) {
	l.mu.Lock()
	gone := l.replace(all)
	l.mu.Unlock()
	for _, t := range gone {
		t.end()
	}
	for _, t := range gone {
		<-t.over
	}
	l.learnSources()
}

// replace puts trunks in place of others, which it returns. The lock is held.
func (l *Line) replace(all []Trunk) (gone []*trunk) {
	next := make(map[string]*trunk, len(all))
	for _, t := range all {
		if t.MaxCalls == 0 {
			t.MaxCalls = 10
		}
		old := l.trunks[t.ID]
		if old != nil && same(old.Trunk, t) {
			next[t.ID] = old
			delete(l.trunks, t.ID)
			continue
		}
		next[t.ID] = l.startTrunk(t)
	}
	for _, t := range l.trunks {
		gone = append(gone, t)
	}
	l.trunks = next
	return gone
}

func same(a, b Trunk) bool {
	numbers, allow := slices.Equal(a.Numbers, b.Numbers), slices.Equal(a.Allow, b.Allow)
	a.Numbers, a.Allow, b.Numbers, b.Allow = nil, nil, nil, nil
	return numbers && allow && a.ID == b.ID && a.Name == b.Name && a.Host == b.Host && a.Transport == b.Transport &&
		a.User == b.User && a.Password == b.Password && a.Register == b.Register && a.T38 == b.T38 &&
		a.MaxCalls == b.MaxCalls && a.Digits == b.Digits && a.Prefix == b.Prefix
}

func (l *Line) startTrunk(settings Trunk) *trunk {
	ctx, end := context.WithCancel(l.running)
	t := &trunk{Trunk: settings, line: l, end: end, over: make(chan struct{})}
	t.state = State{TrunkID: settings.ID, Reach: Unknown, Since: time.Now(), Max: settings.MaxCalls, Ended: map[line.Outcome]int{}}
	if name, port, err := splitHost(settings.Host); err == nil {
		if ip, err := netip.ParseAddr(name); err == nil { // nobody has to be asked where it is
			t.targets = []target{{name, netip.AddrPortFrom(ip.Unmap(), cmp.Or(port, settings.Transport.port()))}}
		}
	}
	l.routines.Go(func() {
		defer close(t.over)
		l.admitFor(t) // its answer may be faster than SetTrunks
		t.keep(ctx)
	})
	return t
}

// States are how all trunks stand, in no order.
func (l *Line) States() []State {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]State, 0, len(l.trunks))
	for _, t := range l.trunks {
		all = append(all, t.snapshot())
	}
	return all
}

func (t *trunk) snapshot() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.state
	s.Calls = t.channels
	s.Ended = make(map[line.Outcome]int, len(t.state.Ended))
	for o, n := range t.state.Ended {
		s.Ended[o] = n
	}
	return s
}

// stands notes how the trunk stands.
func (t *trunk) stands(change func(*State)) {
	t.mu.Lock()
	before := t.state
	change(&t.state)
	now := t.state
	if now.Reach != before.Reach {
		t.state.Since = time.Now()
	}
	t.mu.Unlock()
	if now.Reach != before.Reach {
		t.line.Log.Info("trunk", "trunk", t.Name, "trunk_id", t.ID, "state", string(now.Reach), "sip", now.Code, "reason", now.Reason)
	}
}

// ended counts a call.
func (t *trunk) ended(o line.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Ended[o]++
}

// take takes a channel, if one is free.
func (t *trunk) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.channels >= t.MaxCalls {
		return false
	}
	t.channels++
	return true
}

// free gives a channel back, and tells those who wait for one.
func (t *trunk) free() {
	t.mu.Lock()
	t.channels--
	t.mu.Unlock()
	t.line.mu.Lock()
	close(t.line.freed)
	t.line.freed = make(chan struct{})
	t.line.mu.Unlock()
}

// dialled is a number as the trunk wants it.
func (t *trunk) dialled(number string) string {
	if t.Digits {
		number = strings.TrimPrefix(number, "+")
	}
	return t.Prefix + number
}

// sources are the addresses that are let in. It does not change.
type sources struct {
	hosts    map[netip.Addr]bool
	networks []netip.Prefix
}

// known reports whether an address is that of a trunk.
func (l *Line) known(a netip.Addr) bool {
	s := l.sources.Load()
	if s.hosts[a] {
		return true
	}
	for _, n := range s.networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// learnSources collects the addresses of all trunks.
func (l *Line) learnSources() {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &sources{hosts: map[netip.Addr]bool{}}
	for _, t := range l.trunks {
		t.mu.Lock()
		for _, to := range t.targets {
			s.hosts[to.at.Addr()] = true
		}
		t.mu.Unlock()
		s.networks = append(s.networks, t.Allow...)
	}
	l.sources.Store(s)
}

// admitFor lets in what a trunk sends that is only being tested, or that has just come.
func (l *Line) admitFor(t *trunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.sources.Load()
	s := &sources{hosts: maps.Clone(old.hosts), networks: old.networks}
	if s.hosts == nil {
		s.hosts = map[netip.Addr]bool{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, to := range t.targets {
		s.hosts[to.at.Addr()] = true
	}
	l.sources.Store(s)
}

// trunksAt are the trunks that a message from an address may belong to.
func (l *Line) trunksAt(a netip.Addr) (found []*trunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.trunks {
		if t.sends(a) {
			found = append(found, t)
		}
	}
	return found
}

// sends reports whether the trunk sends from an address.
func (t *trunk) sends(a netip.Addr) bool {
	for _, n := range t.Allow {
		if n.Contains(a) {
			return true
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.targets, func(to target) bool { return to.at.Addr() == a })
}

// resolve finds the trunk's addresses. What was found last stays good when DNS fails.
func (t *trunk) resolve(ctx context.Context) ([]target, error) {
	t.mu.Lock()
	recent, found := time.Since(t.resolved) < resolveEvery, t.targets
	t.mu.Unlock()
	if recent && len(found) > 0 {
		return found, nil
	}
	fresh, err := t.line.locate(ctx, t.Host, t.Transport)
	if err != nil {
		if len(found) > 0 {
			return found, nil
		}
		return nil, err
	}
	t.mu.Lock()
	changed := !slices.Equal(t.targets, fresh)
	t.targets, t.resolved = fresh, time.Now()
	t.mu.Unlock()
	if changed {
		t.line.learnSources()
	}
	return fresh, nil
}

// resolveEvery is how long an answer of DNS is good for.
const resolveEvery = time.Minute
