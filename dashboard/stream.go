package dashboard

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// The limits of the streams that keep a page up to date. Browsers hold at most six
// connections to a server without HTTP/2: the streams must leave some to the pages.
const (
	maxStreams     = 4 // of one account
	streamWrite    = 10 * time.Second
	streamLook     = time.Second
	heartbeatLooks = 15 // after so many looks without news a stream says that it lives
)

// streams are those that are open.
type streams struct {
	once, stop sync.Once
	ended      chan struct{} // closed: the server stops

	mu   sync.Mutex
	open map[string]int // by account
}

func (x *streams) init() {
	x.once.Do(func() { x.open, x.ended = make(map[string]int), make(chan struct{}) })
}

// begin counts a stream until done is called. One too many is fault.Throttled
// "streams_too_many".
func (x *streams) begin(accountID string) (done func(), err error) {
	x.init()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.open[accountID] >= maxStreams {
		return nil, fault.New(fault.Throttled, "streams_too_many", "limit", maxStreams)
	}
	x.open[accountID]++
	return func() { x.end(accountID) }, nil
}

func (x *streams) end(accountID string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.open[accountID]--; x.open[accountID] == 0 {
		delete(x.open, accountID)
	}
}

// EndStreams ends all streams, also those that begin later: the server stops.
func (s *Server) EndStreams() {
	s.streams.init()
	s.streams.stop.Do(func() { close(s.streams.ended) })
}

// look is a page as it is now; nil: it is over. The stream sends its part "live" for as
// long as it is Live.
type look func() (framed, error)

// follow answers with server-sent events (HTML, 9.2): "part" has the page's part "live"
// whenever that is new, and "over" means that the page is to be loaded anew. The stream
// ends with it, with the session, and with the server. changed tells of what may be new;
// what nobody tells of is looked for all the time.
func (v *visit) follow(page string, changed <-chan struct{}, latest look) error {
	streams := &v.server.streams
	done, err := streams.begin(v.caller.Account.ID)
	if err != nil {
		return err
	}
	defer done()
	now, err := latest()
	if err != nil {
		return err
	}
	events := v.openStream()
	if v.r.Method == http.MethodHead {
		return nil
	}
	tick := time.NewTicker(cmp.Or(v.server.Look, streamLook))
	defer tick.Stop()
	for {
		if over, err := events.send(v, page, now); over || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-streams.ended:
			return nil
		case <-v.r.Context().Done():
			return nil
		}
		now, err = v.lookAgain(latest)
		if v.r.Context().Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lookAgain looks once more, for somebody who is still signed in. It is nil when the
// page is not to be seen any more: whoever loads it anew is told why.
func (v *visit) lookAgain(latest look) (framed, error) {
	v.now, v.caller = v.server.Now(), nil
	if _, found, err := v.identify(); err != nil || !found {
		return nil, err
	}
	page, err := latest()
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Forbidden) {
		return nil, nil
	}
	return page, err
}

// events is a stream of server-sent events.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    []byte // the part as it was sent
	quiet   int    // looks since anything was sent
}

// openStream begins the answer.
func (v *visit) openStream() *events {
	v.headers(sameOriginReferrer, "")
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would keep the events
	v.w.WriteHeader(http.StatusOK)
	return &events{w: v.w, control: http.NewResponseController(v.w)}
}

// send sends the part if it is new, or that there will be none any more. The stream is
// over then, and when the browser has gone away.
func (x *events) send(v *visit, name string, page framed) (over bool, err error) {
	if page == nil || !page.base().Live {
		x.write("event: over\ndata:\n\n")
		return true, nil
	}
	part, err := v.server.templates.renderPart(v.language, name, "live", page)
	if err != nil {
		return true, err
	}
	if !bytes.Equal(part, x.last) {
		x.last, x.quiet = part, 0
		return !x.write("event: part\ndata: " + strings.ReplaceAll(string(part), "\n", "\ndata: ") + "\n\n"), nil
	}
	if x.quiet++; x.quiet < heartbeatLooks {
		return false, nil
	}
	x.quiet = 0
	return !x.write(":\n\n"), nil
}

// write gives a browser that does not read a while, and then gives it up.
func (x *events) write(text string) (ok bool) {
	err := x.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if err == nil {
		_, err = io.WriteString(x.w, text)
	}
	if err == nil {
		err = x.control.Flush()
	}
	return err == nil
}
