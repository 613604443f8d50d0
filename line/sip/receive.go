package sip

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip/sdp"
	"github.com/faxgate/faxgate/page"
)

// handle says who takes which requests.
func (l *Line) handle(s *sipgo.Server) {
	s.OnInvite(l.sound(l.onInvite))
	s.OnAck(l.onAck)
	s.OnBye(l.sound(l.within))
	s.OnUpdate(l.sound(l.within))
	s.OnCancel(func(r *sip.Request, tx sip.ServerTransaction) { // one of a pending INVITE goes to that
		_ = tx.Respond(l.respond(r, 481, "Call/Transaction Does Not Exist"))
	})
	s.OnOptions(l.sound(l.onOptions))
	s.OnNoRoute(func(r *sip.Request, tx sip.ServerTransaction) {
		res := l.respond(r, 405, "Method Not Allowed")
		res.AppendHeader(sip.NewHeader("Allow", allowed))
		_ = tx.Respond(res)
	})
}

// sound lets through the requests that have what each must have, and that require nothing
// that we do not know (RFC 3261 8.1.1, 8.2.2.3). Whoever hangs up may require what he likes.
func (l *Line) sound(handle sipgo.RequestHandler) sipgo.RequestHandler {
	return func(r *sip.Request, tx sip.ServerTransaction) {
		seq := r.CSeq()
		if r.To() == nil || r.From() == nil || r.CallID() == nil || seq == nil || seq.MethodName != r.Method {
			_ = tx.Respond(l.respond(r, 400, "Bad Request"))
			return
		}
		if unknown := required(r); unknown != "" && r.Method != sip.BYE {
			res := l.respond(r, 420, "Bad Extension")
			res.AppendHeader(sip.NewHeader("Unsupported", unknown))
			_ = tx.Respond(res)
			return
		}
		handle(r, tx)
	}
}

// onOptions says what we can do (RFC 3261 11.2).
func (l *Line) onOptions(r *sip.Request, tx sip.ServerTransaction) {
	if l.callOf(r) != nil {
		l.within(r, tx)
		return
	}
	res := l.respond(r, 200, "OK")
	res.AppendHeader(sip.NewHeader("Allow", allowed))
	res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	res.AppendHeader(sip.NewHeader("Supported", supported))
	_ = tx.Respond(res)
}

// callOf is the call that a request belongs to; nil: none.
func (l *Line) callOf(r *sip.Request) *call {
	if r.To() == nil || r.CallID() == nil {
		return nil
	}
	tag, found := r.To().Params.Get("tag")
	if !found {
		return nil
	}
	return l.find(dialogID{r.CallID().Value(), tag})
}

// takeTime is how long a call may take to take a request: it looks every 20 ms.
const takeTime = 10 * time.Second

// within hands a request to its call and waits until it is answered.
func (l *Line) within(r *sip.Request, tx sip.ServerTransaction) {
	c := l.callOf(r)
	if c == nil {
		_ = tx.Respond(l.respond(r, 481, "Call/Transaction Does Not Exist"))
		return
	}
	d := delivery{r, tx, make(chan struct{})}
	timer := time.NewTimer(takeTime)
	defer timer.Stop()
	select {
	case c.inbox <- d:
		<-d.done
	case <-c.ended:
		_ = tx.Respond(l.respond(r, 481, "Call/Transaction Does Not Exist"))
	case <-timer.C:
		_ = tx.Respond(l.respond(r, 500, "Server Internal Error"))
	}
}

// onAck hands an ACK to its call. Nobody answers one.
func (l *Line) onAck(r *sip.Request, tx sip.ServerTransaction) {
	c := l.callOf(r)
	if c == nil {
		return
	}
	d := delivery{r, tx, make(chan struct{})}
	select {
	case c.inbox <- d:
	case <-c.ended:
	}
}

// onInvite takes a new call, or hands a re-INVITE to its own.
func (l *Line) onInvite(r *sip.Request, tx sip.ServerTransaction) {
	if r.Contact() == nil {
		_ = tx.Respond(l.respond(r, 400, "Bad Request"))
		return
	}
	if _, found := r.To().Params.Get("tag"); found {
		l.within(r, tx)
		return
	}
	id := requestOf(r)
	if _, merged := l.invited.LoadOrStore(id, true); merged {
		_ = tx.Respond(l.respond(r, 482, "Loop Detected"))
		return
	}
	c, refusal := l.consider(r, tx)
	if refusal != nil {
		_ = tx.Respond(refusal)
	}
	if c == nil { // refused, or cancelled meanwhile
		l.invited.Delete(id)
		return
	}
	l.routines.Go(func() {
		defer l.invited.Delete(id)
		c.receive()
	})
}

// requestID names a request, whichever way it comes: one that a proxy on the way has sent
// by two of them comes twice, and is taken once (RFC 3261 8.2.2.2).
type requestID struct {
	callID, tag string
	seq         uint32
}

func requestOf(r *sip.Request) requestID {
	tag, _ := r.From().Params.Get("tag") // an old caller may have none
	return requestID{r.CallID().Value(), tag, r.CSeq().SeqNo}
}

// consider decides about a call that comes in, and answers it if it is taken.
func (l *Line) consider(r *sip.Request, tx sip.ServerTransaction) (*call, *sip.Response) {
	source, err := netip.ParseAddrPort(r.Source())
	if err != nil {
		return nil, l.respond(r, 400, "Bad Request")
	}
	if late := l.Lateness(); late > lateRefuse {
		return nil, l.busy(r)
	}
	t, number := l.match(l.trunksAt(source.Addr().Unmap()), r)
	if t == nil || l.Inbound == nil {
		return nil, l.respond(r, 404, "Not Found")
	}
	if !t.take() {
		return nil, l.respond(r, 486, "Busy Here")
	}
	c, refusal := t.answer(r, tx, source, number)
	if refusal != nil {
		t.free()
	}
	return c, refusal
}

// busy asks for a call later.
func (l *Line) busy(r *sip.Request) *sip.Response {
	res := l.respond(r, 503, "Service Unavailable")
	res.AppendHeader(sip.NewHeader("Retry-After", "30"))
	return res
}

// required are the extensions that a request requires and that we do not know. Empty:
// there are none.
func required(r *sip.Request) string {
	var unknown []string
	for _, h := range r.GetHeaders("Require") {
		for name := range strings.SplitSeq(h.Value(), ",") {
			if name = strings.TrimSpace(name); name != "" && !strings.EqualFold(name, supported) {
				unknown = append(unknown, clean(name))
			}
		}
	}
	return strings.Join(unknown, ", ")
}

// match finds the trunk and the number that a call is for.
func (l *Line) match(trunks []*trunk, r *sip.Request) (*trunk, string) {
	called := []string{userOf(r.Recipient), userOf(r.To().Address)}
	called = append(called, users(r, "P-Called-Party-ID")...) // RFC 7315 4.2: the Request-URI is our Contact then
	for _, user := range called {
		for _, t := range trunks {
			if number := t.numbered(user); number != "" {
				return t, number
			}
		}
	}
	for _, t := range trunks { // a trunk with one number need not say which
		if t.User != "" && userOf(r.Recipient) == t.User && len(t.Numbers) == 1 {
			return t, t.Numbers[0]
		}
	}
	return nil, ""
}

// userOf is the user of a URI, or the number that a tel URI is (RFC 3966).
func userOf(u sip.Uri) string {
	if u.Scheme == "tel" {
		return u.Raw()
	}
	return u.User
}

// quoted is a name before an address (RFC 3261 25.1).
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// users are the users of the addresses in a header.
func users(m sip.Message, header string) (all []string) {
	for _, h := range m.GetHeaders(header) {
		for address := range strings.SplitSeq(quoted.ReplaceAllString(h.Value(), ""), ",") {
			if _, inner, found := strings.Cut(address, "<"); found {
				address, _, _ = strings.Cut(inner, ">")
			}
			var u sip.Uri
			if sip.ParseUri(strings.TrimSpace(address), &u) == nil {
				all = append(all, userOf(u))
			}
		}
	}
	return all
}

// leastDigits is how many digits of a number have to be there to know it by its end.
const leastDigits = 4

// numbered is the number of the trunk that a user part means: as E.164, with another
// prefix, or by its last digits, if they are of one number alone. Empty: none.
func (t *trunk) numbered(user string) (number string) {
	user, _, _ = strings.Cut(user, ";")
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, user)
	for _, n := range t.Numbers {
		if digits == n[1:] {
			return n
		}
	}
	digits = strings.TrimLeft(digits, "0")
	for _, n := range t.Numbers {
		if len(digits) >= leastDigits && (strings.HasSuffix(n, digits) || n[1:] == digits) {
			if number != "" {
				return ""
			}
			number = n
		}
	}
	return number
}

// answer takes a call for a number. What refuses it is its answer.
func (t *trunk) answer(r *sip.Request, tx sip.ServerTransaction, source netip.AddrPort, number string) (*call, *sip.Response) {
	l := t.line
	h, err := l.hopTo(l.running, Transport(sip.NetworkToLower(r.Transport())), target{source.Addr().String(), source})
	if err != nil {
		return nil, l.respond(r, 500, "Server Internal Error")
	}
	tag := token()
	c := &call{
		line: l, trunk: t, settings: line.Call{Role: line.Receiver, StationID: line.CleanStationID(number)},
		inbox: make(chan delivery), replies: make(chan reply, 1), ended: make(chan struct{}),
	}
	c.dialog = dialog{dialogID: dialogID{r.CallID().Value(), tag}, hop: h, local: r.To().Address, remote: r.From().Address, user: t.user(number)}
	c.called(r)
	if refusal := c.timer.wish(l, r); refusal != nil {
		return nil, refusal
	}
	cancelled, cancel := context.WithCancel(l.running)
	defer cancel()
	if !tx.OnCancel(func(*sip.Request) { cancel() }) {
		t.free()
		return nil, nil
	}
	reception, outcome := l.Inbound.Accept(cancelled, line.Incoming{To: number, From: callerOf(r), Trunk: t.ID})
	if outcome != line.OK {
		code, reason := answerTo(outcome)
		t.ended(outcome)
		return nil, l.respond(r, code, reason)
	}
	c.reception = reception
	if cancelled.Err() != nil { // 487 has been said
		c.refuse(line.Result{Outcome: line.Dropped, Detail: "cancelled"}, nil)
		t.free()
		return nil, nil
	}
	return c.welcome(r, tx)
}

// welcome answers 200.
func (c *call) welcome(r *sip.Request, tx sip.ServerTransaction) (*call, *sip.Response) {
	m, err := c.line.openMedia(c.socket.own(c.to.at.Addr()))
	if err != nil {
		c.line.Log.Error("media", "error", err)
		return nil, c.refuse(line.Result{Outcome: line.TrunkUnavailable, Detail: err.Error()}, c.line.busy(r))
	}
	c.media = m
	c.exchange.id = uint64(rand.Uint32())
	c.carrier = newAudio(sdp.AgreedAudio{Law: sdp.PCMU}, line.Traffic{})
	description := c.present()
	late := len(r.Body()) == 0
	if !late && !described(r) {
		return nil, c.refuse(line.Result{Outcome: line.Incompatible, Detail: "a body of another type"}, c.line.undescribed(r))
	}
	if !late {
		offer, err := sdp.Parse(r.Body())
		if err != nil {
			return nil, c.refuse(line.Result{Outcome: line.Incompatible, Detail: err.Error()}, c.line.respond(r, 400, "Bad Request"))
		}
		answer, agreed, err := sdp.Answer(offer, sdp.Want{Origin: c.origin(), At: c.mediaAt()})
		if err != nil {
			return nil, c.refuse(line.Result{Outcome: line.Incompatible, Detail: err.Error()}, c.line.respond(r, 488, "Not Acceptable Here"))
		}
		description = &answer
		c.media.remote(agreed.Audio.At, c.to.at.Addr())
		c.carrier = newAudio(*agreed.Audio, line.Traffic{})
	}
	c.recorder = c.line.record(c.callID)
	c.line.remember(c)
	c.accept(delivery{r, tx, nil}, description)
	c.accepted.offered = late
	return c, nil
}

// refuse ends a reception that was not answered after all.
func (c *call) refuse(r line.Result, res *sip.Response) *sip.Response {
	if c.media != nil {
		c.media.close()
	}
	r.Trunk = c.trunk.ID
	c.trunk.ended(r.Outcome)
	c.reception.Done(r, nil)
	return res
}

// receive is a call that came in, to its end.
func (c *call) receive() {
	defer c.trunk.free()
	c.run(c.line.running)
	r := c.outcome(c.line.running)
	c.trunk.ended(r.Outcome)
	document, err := c.confirmed(len(r.Pages))
	if err != nil {
		r.Outcome, r.Detail = line.StorageFailed, err.Error()
	}
	c.reception.Done(r, document)
	if document != nil {
		document.Close()
	}
}

// confirmed is a document of the pages that were confirmed, written anew: the engine's own
// names the host that it ran on, and may have pages that were not. Nil: there are none.
func (c *call) confirmed(pages int) (*os.File, error) {
	defer func() {
		if c.document != nil {
			c.document.Close()
		}
	}()
	if pages == 0 {
		return nil, nil
	}
	info, err := c.document.Stat()
	if err != nil {
		return nil, err
	}
	f, err := line.NewFile(c.line.Dir)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 64<<10)
	if err = page.CopyTIFF(w, c.document, info.Size(), pages); err == nil {
		err = w.Flush()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// callerOf is the caller's number as the network writes it; empty: withheld, or no number.
// The trunk vouches for P-Asserted-Identity (RFC 3325 9.1), and From is what the caller
// says.
func callerOf(r *sip.Request) string {
	if private(r) || strings.HasSuffix(r.From().Address.Host, "anonymous.invalid") {
		return ""
	}
	asserted := users(r, "P-Asserted-Identity")
	if len(asserted) == 0 {
		asserted = []string{userOf(r.From().Address)}
	}
	for _, user := range asserted {
		if number := numberOf(user); number != "" {
			return number
		}
	}
	return ""
}

// private reports whether the caller does not want to be known (RFC 3325 9.3): unlike other
// lists, Privacy has semicolons (RFC 3323 4.2).
func private(r *sip.Request) bool {
	for _, h := range r.GetHeaders("Privacy") {
		for wish := range strings.FieldsFuncSeq(h.Value(), func(c rune) bool { return c == ';' || c == ',' }) {
			if strings.EqualFold(strings.TrimSpace(wish), "id") {
				return true
			}
		}
	}
	return false
}

// numberOf is the number that a user part is: E.164, or as it is written where it was
// called. Empty: it is none.
func numberOf(user string) string {
	user, _, _ = strings.Cut(user, ";")
	number := separators.Replace(user)
	if strings.Trim(number, "+0123456789") != "" {
		return ""
	}
	if plus := "+" + number; !strings.HasPrefix(number, "0") && line.IsE164(plus) {
		return plus // E.164 without its plus sign
	}
	return number
}

// separators are what may stand between digits (RFC 3966 5.1.1).
var separators = strings.NewReplacer("-", "", ".", "", "(", "", ")", "")
