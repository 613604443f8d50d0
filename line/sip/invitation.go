package sip

import (
	"context"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"
)

// invitation is an INVITE of ours on its way. A 2xx leaves its transaction alive, to
// absorb repetitions: each is acknowledged again (RFC 3261 13.2.2.4). A proxy that lets
// several telephones ring may bring a 2xx of another one too.
type invitation struct {
	line    *Line
	request *sip.Request
	tx      sip.ClientTransaction
	ack     atomic.Pointer[sip.Request] // nil: not sent yet
}

// begin sends an INVITE.
func (l *Line) begin(ctx context.Context, r *sip.Request) (*invitation, error) {
	tx, err := l.agent.TransactionLayer().Request(ctx, r)
	if err != nil {
		return nil, err
	}
	i := &invitation{line: l, request: r, tx: tx}
	tx.OnRetransmission(func(res *sip.Response) {
		ack := i.ack.Load()
		switch {
		case ack == nil: // it comes again
		case tagOf(ack.To()) == tagOf(res.To()):
			_ = l.write(ack)
		default:
			l.routines.Go(func() { l.unwanted(res) })
		}
	})
	return i, nil
}

func tagOf(to *sip.ToHeader) string {
	if to == nil {
		return ""
	}
	tag, _ := to.Params.Get("tag") // without one it is that of an old telephone
	return tag
}

// acknowledge sends the ACK of a 2xx. One that is lost is asked for again.
func (i *invitation) acknowledge(d *dialog) {
	ack := d.ack(i.request)
	i.ack.Store(ack)
	_ = i.line.write(ack)
}

// cancel asks for the end of an INVITE that is not answered yet (RFC 3261 9.1): in the
// same branch, and by the same way.
func (i *invitation) cancel() {
	r := sip.NewRequest(sip.CANCEL, i.request.Recipient)
	r.SetTransport(i.request.Transport())
	r.SetDestination(i.request.Destination())
	r.Laddr = i.request.Laddr
	r.AppendHeader(i.request.Via().Clone())
	sip.CopyHeaders("Route", i.request, r)
	for _, name := range []string{"From", "To", "Call-ID", "Max-Forwards"} {
		sip.CopyHeaders(name, i.request, r)
	}
	r.AppendHeader(&sip.CSeqHeader{SeqNo: i.request.CSeq().SeqNo, MethodName: sip.CANCEL})
	r.SetBody(nil)
	i.line.routines.Go(func() {
		_, _ = i.line.transact(i.line.running, nil, r) // the INVITE has an answer of its own
	})
}
