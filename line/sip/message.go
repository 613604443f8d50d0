package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// allowed are the methods that are understood (RFC 3261 20.5).
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE"

// supported are the extensions that are (RFC 3261 20.37): session timers.
const supported = "timer"

// hop is the way to the next server: a socket of ours and an address of it.
type hop struct {
	socket *socket
	to     target
	own    netip.AddrPort // our address, as the other end reaches it
}

// hopTo is the way to an address of a trunk.
func (l *Line) hopTo(ctx context.Context, t Transport, to target) (hop, error) {
	s := l.socketFor(t, to.at.Addr())
	if s == nil {
		return hop{}, fmt.Errorf("this server does not listen over %s at an address that reaches %s", t, to.at.Addr())
	}
	if err := s.connect(ctx, to); err != nil {
		return hop{}, err
	}
	return hop{s, to, netip.AddrPortFrom(l.seenAs(s.own(to.at.Addr())), s.Address.Port())}, nil
}

// seenAs is an address of ours as the other end reaches it.
func (l *Line) seenAs(own netip.Addr) netip.Addr {
	if l.Address.IsValid() && l.Address.Is4() == own.Is4() {
		return l.Address
	}
	return own
}

// request begins a request over a hop: Via, with a branch of its own, and what every
// request has.
func (h hop) request(method sip.RequestMethod, uri sip.Uri) *sip.Request {
	r := sip.NewRequest(method, uri)
	r.SetTransport(h.socket.Transport.wire())
	r.SetDestination(h.to.at.String())
	r.Laddr = h.socket.laddr()
	r.AppendHeader(h.via())
	hops := sip.MaxForwardsHeader(70)
	r.AppendHeader(&hops)
	r.AppendHeader(sip.NewHeader("User-Agent", h.socket.line.Agent))
	return r
}

// via asks for the answer at the port that the request came from (RFC 3581).
func (h hop) via() *sip.ViaHeader {
	v := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: h.socket.Transport.wire(),
		Host: hostText(h.own.Addr()), Port: int(h.own.Port()), Params: sip.NewParams(),
	}
	v.Params.Add("branch", sip.GenerateBranch())
	v.Params.Add("rport", "")
	return v
}

// contact is where requests of the other end reach us (RFC 3261 8.1.1.8).
func (h hop) contact(user string) *sip.ContactHeader {
	uri := sip.Uri{Scheme: "sip", User: user, Host: hostText(h.own.Addr()), Port: int(h.own.Port()), UriParams: sip.NewParams()}
	if h.socket.Transport != UDP {
		uri.UriParams.Add("transport", string(h.socket.Transport))
	}
	return &sip.ContactHeader{Address: uri, Params: sip.NewParams()}
}

// hostText is an address as URIs write it.
func hostText(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// token is a text that nobody guesses, for tags and Call-IDs.
func token() string { return strings.ToLower(rand.Text()) }

// errSilent means that nobody answered in time.
var errSilent = errors.New("no answer")

// transact sends a request that is no INVITE, answers a challenge with the trunk's
// password, and gives the final answer. Over UDP a request is sent again until its time is
// over.
func (l *Line) transact(ctx context.Context, t *trunk, r *sip.Request) (*sip.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	res, err := l.exchange(ctx, r)
	if err != nil || !challenge(res) {
		return res, err
	}
	if again, ok := t.authorized(r, res); ok {
		return l.exchange(ctx, again)
	}
	return res, nil
}

func (l *Line) exchange(ctx context.Context, r *sip.Request) (*sip.Response, error) {
	tx, err := l.agent.TransactionLayer().Request(ctx, r)
	if err != nil {
		return nil, err
	}
	return final(ctx, tx)
}

// final waits for the last answer of a transaction.
func final(ctx context.Context, tx sip.ClientTransaction) (*sip.Response, error) {
	defer tx.Terminate()
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, failed(tx.Err())
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", errSilent, ctx.Err())
		}
	}
}

// failed is why a transaction ended without an answer.
func failed(err error) error {
	if err == nil || errors.Is(err, sip.ErrTransactionTimeout) {
		return errSilent
	}
	return err
}

func challenge(res *sip.Response) bool {
	return res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
}

// authorized is a request once more, with the answer to a challenge (RFC 3261 22). ok is
// false when there is no password, or the trunk has just refused it.
func (t *trunk) authorized(r *sip.Request, res *sip.Response) (again *sip.Request, ok bool) {
	asks, answers := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	asked := res.GetHeader(asks)
	if t == nil || t.User == "" || asked == nil {
		return nil, false
	}
	chal, err := digest.ParseChallenge(asked.Value())
	if err != nil || r.GetHeader(answers) != nil && !staleChallenge(asked.Value()) {
		return nil, false
	}
	cred, err := digest.Digest(chal, digest.Options{
		Method: r.Method.String(), URI: r.Recipient.String(), Username: t.User, Password: t.Password, Count: 1,
	})
	if err != nil {
		return nil, false
	}
	again = repeat(r)
	again.RemoveHeader(answers)
	again.AppendHeader(sip.NewHeader(answers, cred.String()))
	return again, true
}

// staleChallenge reports whether only the nonce was too old (RFC 3261 22.4, RFC 7616 3.3).
func staleChallenge(value string) bool {
	return strings.Contains(strings.ToLower(strings.ReplaceAll(value, " ", "")), "stale=true")
}

// repeat is a request of its own with the same contents: another branch, the next CSeq.
func repeat(r *sip.Request) *sip.Request {
	again := r.Clone()
	again.Laddr = r.Laddr
	again.SetTransport(r.Transport())
	again.SetDestination(r.Destination())
	again.SetBody(r.Body())
	again.Via().Params.Add("branch", sip.GenerateBranch())
	again.CSeq().SeqNo++
	return again
}

// respond makes the answer to a request.
func (l *Line) respond(r *sip.Request, code int, reason string) *sip.Response {
	res := sip.NewResponseFromRequest(r, code, reason, nil)
	res.AppendHeader(sip.NewHeader("Server", l.Agent))
	return res
}

// seconds reads a header that is a number of seconds, with parameters perhaps; 0: there
// is none.
func seconds(m sip.Message, names ...string) time.Duration {
	for _, name := range names {
		for _, h := range m.GetHeaders(name) {
			text, _, _ := strings.Cut(h.Value(), ";")
			if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31); err == nil {
				return time.Duration(n) * time.Second
			}
		}
	}
	return 0
}

// option reports whether a header that is a list of options has one.
func option(m sip.Message, name, wanted string) bool {
	for _, h := range m.GetHeaders(name) {
		for o := range strings.SplitSeq(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(o), wanted) {
				return true
			}
		}
	}
	return false
}
