package dashboard

import (
	"strconv"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// trunkRow is one trunk with how it stands.
type trunkRow struct {
	ID, Path  string
	Name      string
	Host      string
	Transport string
	User      string // empty: it knows this server by its address
	Numbers   []string
	State     trunkState
}

// trunkState is how a trunk stands, in words.
type trunkState struct {
	state
	Sentence string // what that means
	Next     string // what to do; empty: nothing
	Answer   string // the last, in the words of the protocol; empty: none
	Address  string // where it was reached; empty: nowhere
	Public   string // this server as the trunk sees it; empty: it did not say
	Since    moment
	Calls    int
	Max      int
	Known    bool // this node carries calls over it
}

// state is a badge with a mark, so that it can be told without its colour.
type state struct {
	badge
	Mark string
}

// toneMarks go with the tones; what has none is neither good nor bad.
var toneMarks = map[string]string{"good": "✓", "warn": "!", "danger": "✕", "": "–"}

func stated(text, tone string) state { return state{badge{text, tone}, toneMarks[tone]} }

// trunkStates are how all trunks stand on this node; nil: no faxes are sent here.
func (s *Server) trunkStates() map[string]fax.TrunkState {
	if s.TrunkBoard == nil {
		return nil
	}
	return s.TrunkBoard.States()
}

func (v *visit) trunkRow(t fax.Trunk, states map[string]fax.TrunkState) trunkRow {
	row := trunkRow{
		ID: t.ID, Path: trunkPath(t.ID), Name: t.Name, Host: t.Host, Transport: v.t("trunk_transport."+t.Transport, nil), User: t.User,
		State: v.trunkState(t, states),
	}
	for _, n := range t.Numbers {
		row.Numbers = append(row.Numbers, v.number(n))
	}
	return row
}

// reachTones are the tones of what a trunk may be.
var reachTones = map[string]string{
	"registered": "good", "reachable": "good", "refused": "danger", "unreachable": "danger", "unresolvable": "danger", "closed": "danger",
}

func (v *visit) trunkState(t fax.Trunk, states map[string]fax.TrunkState) trunkState {
	s, known := states[t.ID]
	reach := s.Reach
	switch {
	case states == nil:
		reach = "off"
	case !known || reach == "":
		reach = "unknown"
	case reach == "reachable" && t.User != "":
		reach = "elsewhere"
	}
	out := trunkState{
		state: stated(v.t("trunk_state."+reach, nil), reachTones[s.Reach]), Since: v.moment(s.Since), Calls: s.Calls, Max: t.MaxCalls, Known: known,
		Sentence: v.t("trunk_state_text."+reach, map[string]any{"until": s.Expires.In(v.zone), "reason": s.Reason}),
	}
	if next := "trunk_state_next." + reach; locale.Has(locale.English, next) {
		out.Next = v.t(next, nil)
	}
	if s.Code != 0 {
		out.Answer = answered(s.Code, s.Reason)
	}
	if reach == "refused" {
		out.Sentence, out.Next = v.sipCode(s.Code)
	}
	if s.Address.IsValid() {
		out.Address = s.Address.String()
	}
	if s.Public.IsValid() {
		out.Public = s.Public.String()
	}
	return out
}

// answered is a status as the protocol writes it (RFC 3261 7.2).
func answered(code int, reason string) string {
	if reason == "" {
		return strconv.Itoa(code)
	}
	return strconv.Itoa(code) + " " + reason
}

// sipCode is what a status means (RFC 3261 21), and what to do about it.
func (v *visit) sipCode(code int) (meaning, next string) {
	name := strconv.Itoa(code)
	if !locale.Has(locale.English, "sip_code."+name) {
		name = "other"
	}
	return v.t("sip_code."+name, map[string]any{"code": strconv.Itoa(code)}), v.t("sip_code_next."+name, nil)
}
