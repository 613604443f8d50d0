package main_test

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/capture"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
)

// record stores a fax that the first organization's owner received, with the packets of its
// call, as a server does.
func record(ts *testscript.TestScript, _ bool, args []string) {
	ctx, data := context.Background(), ts.Getenv("FAXGATE_DATA")
	key, err := seal.Load(filepath.Join(data, "master.key"))
	ts.Check(err)
	blobs, err := blob.OpenFolder(filepath.Join(data, "documents"), key)
	ts.Check(err)
	db, err := store.Open(ctx, store.Config{DataDir: data})
	ts.Check(err)
	defer func() { ts.Check(db.Close()) }()
	acc, org, err := db.AccountByEmail(ctx, "owner@clinic.example")
	ts.Check(err)
	owner := fax.Actor{OrganizationID: org.ID, AccountID: acc.ID, Administers: true}
	numbers, err := (&fax.Numbers{Store: db, Now: time.Now, NewID: auth.NewID}).List(ctx, owner)
	ts.Check(err)

	receiver := &fax.Receiver{Store: db, Blobs: blobs, Now: time.Now, NewID: auth.NewID, Log: slog.New(slog.DiscardHandler)}
	reception, _ := receiver.Accept(ctx, line.Incoming{To: numbers[0].Number})
	document, err := line.NewFile("") // nobody looks at it
	ts.Check(err)
	defer document.Close()
	reception.Done(line.Result{
		Outcome: line.OK, Pages: make([]line.Page, 1), Trace: &line.Trace{Began: time.Now(), Capture: packetsOf(ts, time.Now())},
	}, document)
	all, err := db.FaxesOf(ctx, acc.ID, fax.Filter{Limit: 1})
	ts.Check(err)
	ts.Setenv(args[0], all[0].ID)
}

// packetsOf is a capture of a SIP message and a packet of sound.
func packetsOf(ts *testscript.TestScript, at time.Time) *os.File {
	f, err := line.NewFile("")
	ts.Check(err)
	w := capture.New(f)
	us, them := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("198.51.100.2:5060")
	w.Datagram(capture.SIP, at, them, us, []byte("BYE sip:1@a SIP/2.0\r\nFrom: <sip:+81312345678@b>;tag=1\r\nCSeq: 2 BYE\r\n\r\n"))
	w.Datagram(capture.RTP, at, them, us, []byte("\x80\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"+strings.Repeat("Ink!", 40)))
	got, err := w.Close()
	ts.Check(err)
	return got
}
