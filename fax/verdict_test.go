package fax_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/locale"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		a        fax.Attempt
		incoming bool
		code     string
		side     fax.Side
		again    fax.Again
		says     string // part of the sentence
	}{
		"all is well":           {a: fax.Attempt{Outcome: "ok", Rate: 14400}, code: "ok", side: fax.Nobody, again: fax.AgainNone, says: "Every page"},
		"copied without modems": {a: fax.Attempt{Outcome: "ok", Simulated: true}, code: "ok", side: fax.Nobody, again: fax.AgainNone},
		"an old machine":        {a: fax.Attempt{Outcome: "ok", Rate: 9600}, code: "ok_slower", side: fax.Nobody, again: fax.AgainNone, says: "9,600 bit/s"},
		"a line that got worse": {a: fax.Attempt{Outcome: "ok", Rate: 7200, Retrains: 2}, code: "ok_retrained", side: fax.Network, again: fax.AgainNone, says: "2×"},
		"rows are damaged":      {a: fax.Attempt{Outcome: "ok", BadRows: 12}, incoming: true, code: "ok_bad_rows", side: fax.Network, again: fax.AgainNone, says: "12 rows"},

		"busy":              {a: fax.Attempt{Outcome: "busy", SIP: 486}, code: "busy", side: fax.Theirs, again: fax.AgainLater},
		"no answer":         {a: fax.Attempt{Outcome: "no_answer", SIP: 480}, code: "no_answer", side: fax.Theirs, again: fax.AgainLater},
		"unallocated":       {a: fax.Attempt{Outcome: "invalid_number", SIP: 404}, code: "unallocated", side: fax.Ours, again: fax.AgainNot, says: "not in use"},
		"does not exist":    {a: fax.Attempt{Outcome: "invalid_number", SIP: 604}, code: "unallocated", side: fax.Ours, again: fax.AgainNot},
		"digits missing":    {a: fax.Attempt{Outcome: "invalid_number", SIP: 484}, code: "number_incomplete", side: fax.Ours, again: fax.AgainNot},
		"declined":          {a: fax.Attempt{Outcome: "rejected", SIP: 603}, code: "rejected", side: fax.Theirs, again: fax.AgainNot},
		"forbidden":         {a: fax.Attempt{Outcome: "rejected", SIP: 403}, code: "trunk_forbids", side: fax.Network, again: fax.AgainNot, says: "(403)"},
		"wrong password":    {a: fax.Attempt{Outcome: "trunk_unavailable", SIP: 401, Trunk: "t"}, code: "trunk_password", side: fax.Ours, again: fax.AgainNot},
		"at a proxy":        {a: fax.Attempt{Outcome: "trunk_unavailable", SIP: 407, Trunk: "t"}, code: "trunk_password", side: fax.Ours, again: fax.AgainNot},
		"trunk down":        {a: fax.Attempt{Outcome: "trunk_unavailable", Trunk: "t"}, code: "trunk_unreachable", side: fax.Network, again: fax.AgainLater},
		"trunk is silent":   {a: fax.Attempt{Outcome: "trunk_unavailable", SIP: 408, Trunk: "t"}, code: "trunk_unreachable", side: fax.Network, again: fax.AgainLater},
		"no channel":        {a: fax.Attempt{Outcome: "trunk_unavailable", SIP: 503, Trunk: "t"}, code: "trunk_full", side: fax.Network, again: fax.AgainLater},
		"trouble there":     {a: fax.Attempt{Outcome: "trunk_unavailable", SIP: 500, Trunk: "t"}, code: "trunk_refuses", side: fax.Network, again: fax.AgainLater, says: "(500)"},
		"no trunk":          {a: fax.Attempt{Outcome: "trunk_unavailable"}, code: "no_trunk", side: fax.Ours, again: fax.AgainNot},
		"no codec":          {a: fax.Attempt{Outcome: "incompatible", SIP: 488}, code: "no_codec", side: fax.Ours, again: fax.AgainNot},
		"no codec, refused": {a: fax.Attempt{Outcome: "rejected", SIP: 488}, code: "no_codec", side: fax.Ours, again: fax.AgainNot},

		"a voice":                  {a: fax.Attempt{Outcome: "no_fax", Transport: "pcmu", T30: 2, Traffic: line.Traffic{Sent: 900, Received: 900}}, code: "no_fax", side: fax.Theirs, again: fax.AgainLater},
		"a firewall":               {a: fax.Attempt{Outcome: "no_fax", Transport: "pcmu", Traffic: line.Traffic{Sent: 900}}, code: "nothing_heard", side: fax.Network, again: fax.AgainNot},
		"a gateway that is deaf":   {a: fax.Attempt{Outcome: "no_fax", Transport: "t38", T38: "done", Traffic: line.Traffic{Sent: 90, Received: 150}}, code: "t38_silent", side: fax.Network, again: fax.AgainNow},
		"only sound":               {a: fax.Attempt{Outcome: "bad_line", Transport: "pcma", T38: "refused"}, code: "t38_refused", side: fax.Network, again: fax.AgainLater},
		"packets lost":             {a: fax.Attempt{Outcome: "bad_line", Transport: "pcma", T38: "refused", Traffic: line.Traffic{Received: 990, Lost: 7, Late: 3}}, code: "lost", side: fax.Network, again: fax.AgainLater, says: "10 of 1,000 packets"},
		"hardly any lost":          {a: fax.Attempt{Outcome: "bad_line", T30Name: "CANNOT_TRAIN", Traffic: line.Traffic{Received: 5000, Lost: 1}}, code: "training", side: fax.Network, again: fax.AgainLater},
		"error correction":         {a: fax.Attempt{Outcome: "bad_line", ECM: true, T30Name: "TX_ECMPHD"}, code: "ecm", side: fax.Network, again: fax.AgainNow},
		"no reply":                 {a: fax.Attempt{Outcome: "bad_line", T30Name: "TX_PHDDEAD"}, code: "no_reply", side: fax.Network, again: fax.AgainNow},
		"something with the line":  {a: fax.Attempt{Outcome: "bad_line", T30Name: "HDLC_CARRIER"}, code: "bad_line", side: fax.Network, again: fax.AgainLater},
		"hung up":                  {a: fax.Attempt{Outcome: "dropped", T30: 49, T30Name: "CALLDROPPED"}, code: "dropped", side: fax.Theirs, again: fax.AgainNow},
		"lost, then hung up":       {a: fax.Attempt{Outcome: "dropped", T30: 49, Traffic: line.Traffic{Received: 100, Lost: 30}}, code: "lost", side: fax.Network, again: fax.AgainLater},
		"said goodbye":             {a: fax.Attempt{Outcome: "dropped", T30: 17, T30Name: "TX_GOTDCN"}, code: "machine_ended", side: fax.Theirs, again: fax.AgainLater},
		"nothing in common":        {a: fax.Attempt{Outcome: "incompatible", Transport: "t38", T30: 8}, code: "incompatible", side: fax.Theirs, again: fax.AgainNot},
		"too wide":                 {a: fax.Attempt{Outcome: "incompatible", Transport: "t38", T30: 12}, code: "width", side: fax.Theirs, again: fax.AgainNot},
		"dropped after page 1":     {a: fax.Attempt{Outcome: "partial", Pages: 1, Total: 3, T30Name: "CALLDROPPED"}, code: "partial_dropped", side: fax.Theirs, again: fax.AgainNow, says: "page 1 of 3"},
		"worse and worse":          {a: fax.Attempt{Outcome: "partial", Pages: 1, Total: 3, T30Name: "TX_PHDDEAD"}, code: "partial", side: fax.Network, again: fax.AgainNow, says: "page 1 of 3"},
		"lost after page 2":        {a: fax.Attempt{Outcome: "partial", Pages: 2, Total: 3, T30Name: "CALLDROPPED", Traffic: line.Traffic{Received: 9, Lost: 1}}, code: "partial_lost", side: fax.Network, again: fax.AgainLater, says: "1 of 10 packets"},
		"half of a fax came in":    {a: fax.Attempt{Outcome: "partial", Pages: 2, T30Name: "RX_DCNDATA"}, incoming: true, code: "partial_received", side: fax.Theirs, again: fax.AgainNow, says: "page 2."},
		"stopped by us":            {a: fax.Attempt{Outcome: "interrupted", Pages: 1, Total: 2}, code: "partial_ended", side: fax.Ours, again: fax.AgainNow, says: "page 1 of 2"},
		"our engine":               {a: fax.Attempt{Outcome: "engine_crashed"}, code: "engine_crashed", side: fax.Ours, again: fax.AgainNow},
		"our disk":                 {a: fax.Attempt{Outcome: "storage_failed"}, incoming: true, code: "storage_failed", side: fax.Ours, again: fax.AgainLater},
		"an outcome of the future": {a: fax.Attempt{Outcome: "bent"}, code: "failed", side: fax.Nobody, again: fax.AgainLater},
	} {
		d := fax.Outgoing
		if tt.incoming {
			d = fax.Incoming
		}
		v := fax.VerdictOf(tt.a, d)
		if v.Code != tt.code || v.Side != tt.side || v.Again != tt.again || !strings.Contains(v.Sentence(locale.English), tt.says) {
			t.Errorf("%s: %s, %s, %s (%s), want %s, %s, %s, %q", name, v.Code, v.Side, v.Again, v.Sentence(locale.English), tt.code, tt.side, tt.again, tt.says)
		}
	}
}

// Whatever an attempt is like, there is a sentence for it in every language.
func TestEveryOutcomeHasAVerdict(t *testing.T) {
	t.Parallel()
	for _, o := range line.Outcomes() {
		for _, d := range []fax.Direction{fax.Incoming, fax.Outgoing} {
			for code := range line.T30Code(70) {
				v := fax.VerdictOf(fax.Attempt{Outcome: string(o), T30: int(code), T30Name: code.String()}, d)
				if v.Code == "failed" || !slices.Contains(fax.VerdictCodes(), v.Code) {
					t.Fatalf("%s, %s: the verdict is %q", o, code, v.Code)
				}
			}
		}
	}
	for _, code := range fax.VerdictCodes() {
		for _, l := range locale.Languages() {
			if !locale.Has(l, "verdict."+code) || !locale.Has(l, "verdict_why."+code) {
				t.Errorf("%s: a sentence is missing for %s", l, code)
			}
		}
	}
}
