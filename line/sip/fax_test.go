//go:build spandsp && cgo

package sip_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
	"github.com/faxgate/faxgate/page/pagetest"
)

// What comes out at the other server is what went in, whatever carries it.
func TestPagesArriveAsTheyWereSent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		t38        sip.T38
		withoutECM bool
		want       line.Transport
	}{
		{"T.38 with ECM", sip.T38Auto, false, line.T38},
		{"T.38 without ECM", sip.T38Auto, true, line.T38},
		{"T.38 that the caller asks for", sip.T38We, false, line.T38},
		{"G.711 with ECM", sip.T38Never, false, line.ULaw},
		{"G.711 without ECM", sip.T38Never, true, line.ULaw},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, newLockstep(t), endOptions{t38: tt.t38}, endOptions{t38: tt.t38})
			pages := pagetest.Text(t, 2200, 1100)
			sent := a.send(t, theirNumber, pagetest.TIFF(t, pages), func(o *line.Outgoing) { o.Call.WithoutECM = tt.withoutECM })
			got := b.ends(t)
			if sent.Outcome != line.OK || sent.Transport != tt.want || sent.ECM == tt.withoutECM || len(sent.Pages) != 2 {
				t.Fatalf("sent: %s over %s, ECM %v, %d pages, T.38 %q: %s\n%s", sent.Outcome, sent.Transport, sent.ECM, len(sent.Pages), sent.T38, sent.Detail, ladder(sent))
			}
			if got.Outcome != line.OK || got.From != ourNumber || got.To != theirNumber || len(got.pages) != 2 {
				t.Errorf("received: %+v", got.Result)
			}
			pagetest.Same(t, pagetest.Read(t, fileOf(t, got.document)), pages)
			t.Logf("\n%s", ladder(sent))
		})
	}
}

// fileOf is a file that holds these octets.
func fileOf(t *testing.T, content []byte) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "received.tiff")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
