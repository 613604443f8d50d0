package sip

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// dialogID names a dialog among ours (RFC 3261 12): the other end's tag is left out, for
// it is not known to begin with.
type dialogID struct{ callID, tag string }

// dialog is what the two ends of a call have in common (RFC 3261 12). Its call's goroutine
// owns it.
type dialog struct {
	dialogID
	hop
	local  sip.Uri // From of our requests
	remote sip.Uri // To of our requests
	theirs string  // the other end's tag
	caller bool    // we called
	seq    uint32  // of our last request
	heard  uint32  // of theirs; zero: none yet
	target sip.Uri // where requests go to: the other end's Contact
	routes []sip.Uri
	user   string // of our Contact
}

// errOrder is a request whose CSeq has been passed (RFC 3261 12.2.2).
var errOrder = errors.New("CSeq out of order")

// answered takes what a 2xx to our INVITE says of the dialog (RFC 3261 12.1.2).
func (d *dialog) answered(res *sip.Response) {
	if tag, found := res.To().Params.Get("tag"); found {
		d.theirs = tag
	}
	d.routes = recordRoute(res)
	slices.Reverse(d.routes)
	d.refresh(res)
}

// called takes what an INVITE that came in says (RFC 3261 12.1.1).
func (d *dialog) called(r *sip.Request) {
	d.theirs, _ = r.From().Params.Get("tag") // an old caller may have none
	d.routes = recordRoute(r)
	d.heard = r.CSeq().SeqNo
	d.refresh(r)
}

// refresh takes the Contact of a target refresh (RFC 3261 12.2).
func (d *dialog) refresh(m sip.Message) {
	for _, h := range m.GetHeaders("Contact") {
		if c, ok := h.(*sip.ContactHeader); ok {
			d.target = *c.Address.Clone()
		}
	}
}

// recordRoute is the route set in the order of the message.
func recordRoute(m sip.Message) (routes []sip.Uri) {
	for _, h := range m.GetHeaders("Record-Route") {
		if r, ok := h.(*sip.RecordRouteHeader); ok {
			routes = append(routes, *r.Address.Clone())
		}
	}
	return routes
}

// hears takes a request of the other end, if it is in order.
func (d *dialog) hears(r *sip.Request) error {
	seq := r.CSeq()
	if seq == nil || d.heard > 0 && seq.SeqNo <= d.heard && !r.IsAck() {
		return errOrder
	}
	if !r.IsAck() {
		d.heard = seq.SeqNo
	}
	return nil
}

// next begins the next request in the dialog (RFC 3261 12.2.1.1).
func (d *dialog) next(method sip.RequestMethod) *sip.Request {
	d.seq++
	return d.request(method, d.seq)
}

func (d *dialog) request(method sip.RequestMethod, seq uint32) *sip.Request {
	r := d.hop.request(method, *d.target.Clone())
	for _, uri := range d.routes {
		r.AppendHeader(&sip.RouteHeader{Address: *uri.Clone()})
	}
	from := &sip.FromHeader{Address: *d.local.Clone(), Params: sip.NewParams()}
	from.Params.Add("tag", d.tag)
	to := &sip.ToHeader{Address: *d.remote.Clone(), Params: sip.NewParams()}
	if d.theirs != "" {
		to.Params.Add("tag", d.theirs)
	}
	id := sip.CallIDHeader(d.callID)
	r.AppendHeader(from)
	r.AppendHeader(to)
	r.AppendHeader(&id)
	r.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	if method != sip.BYE && method != sip.ACK {
		r.AppendHeader(d.contact(d.user))
		r.AppendHeader(sip.NewHeader("Allow", allowed))
		r.AppendHeader(sip.NewHeader("Supported", supported))
	}
	r.SetDestination(d.destination())
	r.SetBody(nil)
	return r
}

// destination is where requests are sent: to the first route, or to the other end itself
// if its Contact is an address that belongs to the trunk. A Contact behind NAT leads
// nowhere; then they go where everything else has gone.
func (d *dialog) destination() string {
	uri := d.target
	if len(d.routes) > 0 {
		uri = d.routes[0]
	}
	a, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	if err != nil || !d.socket.line.known(a.Unmap()) || d.socket.Transport != UDP {
		return d.to.at.String()
	}
	port := d.socket.Transport.port()
	if uri.Port > 0 && uri.Port < 1<<16 {
		port = uint16(uri.Port)
	}
	return netip.AddrPortFrom(a.Unmap(), port).String()
}

// ack acknowledges a 2xx (RFC 3261 13.2.2.4): a transaction of its own, with the CSeq of
// the INVITE.
func (d *dialog) ack(invite *sip.Request) *sip.Request {
	r := d.request(sip.ACK, invite.CSeq().SeqNo)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		sip.CopyHeaders(name, invite, r)
	}
	return r
}

// write sends a request that nobody answers.
func (l *Line) write(r *sip.Request) error { return l.agent.TransportLayer().WriteMsg(r) }

// stray takes answers that belong to no transaction. A 2xx to an INVITE that was given up
// has a call that nobody wants.
func (l *Line) stray(res *sip.Response) {
	seq, from, id := res.CSeq(), res.From(), res.CallID()
	if seq == nil || seq.MethodName != sip.INVITE || !res.IsSuccess() || from == nil || id == nil {
		return
	}
	if tag, _ := from.Params.Get("tag"); l.find(dialogID{id.Value(), tag}) == nil { // else its call does that
		l.unwanted(res)
	}
}

// unwanted acknowledges and hangs up a 2xx to an INVITE of ours whose call nobody wants
// (RFC 3261 13.2.2.4), or the other end's telephone stays off the hook.
func (l *Line) unwanted(res *sip.Response) {
	seq, from, to, id := res.CSeq(), res.From(), res.To(), res.CallID()
	if seq == nil || from == nil || to == nil || id == nil || res.Contact() == nil {
		return
	}
	at, err := netip.ParseAddrPort(res.Source())
	if err != nil {
		return
	}
	t := Transport(sip.NetworkToLower(res.Transport()))
	h, err := l.hopTo(l.running, t, target{at.Addr().String(), at})
	if err != nil {
		return
	}
	tag, _ := from.Params.Get("tag")
	d := dialog{dialogID: dialogID{id.Value(), tag}, hop: h, local: from.Address, remote: to.Address, seq: seq.SeqNo}
	d.answered(res)
	if l.write(d.request(sip.ACK, seq.SeqNo)) == nil {
		_, _ = l.transact(l.running, nil, d.next(sip.BYE))
	}
}

// find is the call of a dialog; nil: there is none.
func (l *Line) find(id dialogID) *call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[id]
}
