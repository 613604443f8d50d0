package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page/sheet"
)

// ring makes one call for what is due, which ends so.
func (g *gate) ring(t *testing.T, r line.Result) {
	t.Helper()
	g.convert(t)
	d := &fax.Dispatcher{
		Store: g.db, Blobs: g.blobs, Stamp: sheet.Stamped, Node: exchange, Dir: t.TempDir(), Board: g.api.Board,
		Now: g.clock.Now, NewID: auth.NewID, Log: slog.New(slog.DiscardHandler),
	}
	ctx, stop := context.WithCancel(t.Context())
	d.Line = calling(func(func(line.Progress)) line.Result {
		defer stop()
		return r
	})
	d.Run(ctx)
}

// A program sees why a fax failed: one fax tells it, lists do not.
func TestAFaxTellsWhatWasRecordedOfItsCalls(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		id := g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(
			`{"from": "no_number", "to": [%q], "files": [%q], "return_ids": true, "options": {"retry": {"count": 1, "delay": 10}}}`,
			line.TestOK, g.upload(t, token, "a.pdf", "%PDF-1.4").path())).is(201, "").ids()[line.TestOK]
		g.ring(t, line.Result{Outcome: line.Busy, SIP: 486, Trace: &line.Trace{Began: g.clock.Now(), Missing: 2, Events: []line.Event{
			{Layer: line.SIP, Sent: true, Name: "INVITE", Detail: "PCMU"},
			{At: 1500 * time.Millisecond, Layer: line.SIP, Name: "486 Busy Here"},
		}}})
		first := g.recorder(t, token, "/v3/accounts/self/outbox/"+id, 0)
		if got, want := fmt.Sprint(first["events"]), "[map[at_ms:0 detail:PCMU layer:sip name:INVITE sent:true] map[at_ms:1500 detail: layer:sip name:486 Busy Here sent:false]]"; got != want {
			t.Errorf("the ladder is %s, want %s", got, want)
		}
		if first["missing"] != 2.0 || first["kept_until"] != "2026-12-23 07:05:00" {
			t.Errorf("the record is %v", first)
		}
		g.clock.Advance(time.Minute)
		g.ring(t, line.Result{
			Outcome: line.OK, Transport: line.ULaw, T38: line.SwitchRefused, Rate: 9600, Retrains: 1, Total: 2,
			Pages:   []line.Page{{Width: 1728, Length: 2200, BadRows: 4, LongestBad: 3, Octets: 900}, {Width: 1728, Length: 100, Retries: 2}},
			Traffic: line.Traffic{Sent: 10, Received: 9, Lost: 1, Recovered: 2, Late: 3, Jitter: 40 * time.Millisecond},
		})
		path := "/v3/accounts/self/faxes/" + id
		if got := g.recorder(t, token, path, 0); fmt.Sprint(got) != fmt.Sprint(first) {
			t.Errorf("the first attempt has %v, and had %v", got, first)
		}
		second := g.recorder(t, token, path, 1)
		for key, want := range map[string]string{
			"t38": "refused", "retrains": "1", "events": "[]", "kept_until": "<nil>", "missing": "0",
			"traffic": "map[jitter_ms:40 late:3 lost:1 received:9 recovered:2 sent:10]",
			"pages":   "[map[bad_rows:4 longest_bad:3 retries:0 rows:2200 size:900 width:1728] map[bad_rows:0 longest_bad:0 retries:2 rows:100 size:0 width:1728]]",
		} {
			if got := fmt.Sprint(second[key]); got != want {
				t.Errorf("%s = %s, want %s", key, got, want)
			}
		}
		for _, list := range []string{"faxes", "outbox"} {
			if body := g.get(t, token, "/v3/accounts/self/"+list).is(200, "").body; strings.Contains(string(body), "flight_recorder") {
				t.Errorf("the list of %s has what was recorded", list)
			}
		}
	})
}

// recorder is the flight recorder of attempt i.
func (g *gate) recorder(t *testing.T, token, path string, i int) map[string]any {
	t.Helper()
	attempts, _ := g.get(t, token, path).is(200, "").json()["attempts"].([]any)
	if len(attempts) <= i {
		t.Fatalf("%s has %d attempts", path, len(attempts))
	}
	return attempts[i].(map[string]any)["flight_recorder"].(map[string]any)
}

func TestAVerdictIsInTheLanguageOfWhoAsks(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxEdit)
	id := g.send(t, token, "+15005550002")
	g.deliver(t, line.Busy)
	for header, want := range map[string]string{"": "The line was busy.", "ja": "相手が話し中でした。", "fr": "The line was busy."} {
		a := g.call(t, "GET", "/v3/accounts/self/faxes/"+id, nil, "Authorization", "Bearer "+token, "Accept-Language", header).is(200, "")
		a.has("Vary", "Accept-Language")
		attempt := a.json()["attempts"].([]any)[0].(map[string]any)
		v := attempt["flight_recorder"].(map[string]any)["verdict"].(map[string]any)
		if v["code"] != "busy" || v["side"] != "theirs" || v["again"] != "later" || v["text"] != want || v["why"] == "" {
			t.Errorf("%q: %v", header, v)
		}
	}
}

// The contract knows every verdict, and no other.
func TestTheContractKnowsEveryVerdict(t *testing.T) {
	t.Parallel()
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, code := range doc.Components.Schemas["Verdict"].Value.Properties["code"].Value.Enum {
		got = append(got, fmt.Sprint(code))
	}
	if want := fax.VerdictCodes(); !slices.Equal(got, want) {
		t.Errorf("the contract has %q, want %q", got, want)
	}
}
