package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

// quickstartPoll is how often the API is asked how far the fax is.
const quickstartPoll = 50 * time.Millisecond

// send sends a page to the test line and waits for the one that comes back.
func (f *firstRun) send(ctx context.Context, api *apiClient) (t quickstartTrip, err error) {
	told := f.steps()
	told.step("quickstart.step.submit", nil)
	t.To = line.TestOK
	if err := api.ready(ctx); err != nil {
		return t, err
	}
	if t.Number, err = api.number(ctx); err != nil {
		return t, err
	}
	text := locale.Text(f.language, "quickstart.page", map[string]any{
		"from": t.Number, "to": t.To, "at": locale.DateTime(f.language, time.Now(), f.account.Location(f.by.Organization)),
	})
	path, err := api.upload(ctx, "quickstart.txt", text)
	if err != nil {
		return t, err
	}
	if t.FaxID, err = api.submit(ctx, t.Number, t.To, path); err != nil {
		return t, err
	}
	if err := f.awaitEnd(ctx, api, &t, told); err != nil {
		return t, err
	}
	told.step("quickstart.step.receive", nil)
	return t, f.awaitReceived(ctx, api, &t)
}

// awaitEnd waits until the fax is over, and takes what its record says.
func (f *firstRun) awaitEnd(ctx context.Context, api *apiClient, t *quickstartTrip, told *steps) error {
	for {
		job, err := api.waiting(ctx, t.FaxID)
		if errors.Is(err, errNotWaiting) {
			break
		}
		if err != nil {
			return err
		}
		told.follow(job)
		if err := pause(ctx, quickstartPoll); err != nil {
			return err
		}
	}
	record, err := f.Faxes.Fax(ctx, fax.Actor{AccountID: f.account.ID}, t.FaxID)
	if err != nil {
		return err
	}
	told.over(record)
	last := record.LastAttempt()
	t.Status, t.Pages, t.Transport = record.Status, record.Pages, last.Transport
	t.Rate, t.ECM, t.Simulated = last.Rate, last.ECM, last.Simulated
	if t.Status != fax.Success {
		sentence, _ := record.Reason(f.language)
		return fault.New(fault.Unavailable, "quickstart_failed", "status", sentence)
	}
	return nil
}

// awaitReceived waits for the fax that the test line sends back, and writes its pages
// beside the program's other output.
func (f *firstRun) awaitReceived(ctx context.Context, api *apiClient, t *quickstartTrip) error {
	sent, err := f.Faxes.Fax(ctx, fax.Actor{AccountID: f.account.ID}, t.FaxID)
	if err != nil {
		return err
	}
	for {
		all, err := api.inbox(ctx)
		if err != nil {
			return err
		}
		// Its call began after that of the fax which it answers.
		i := slices.IndexFunc(all, func(r received) bool {
			return r.From == t.To && !r.start().Before(sent.Started.Truncate(time.Second))
		})
		if i >= 0 {
			t.Received.FaxID, t.Received.Pages = all[i].ID, all[i].Pages
			return f.keepPages(ctx, api, &t.Received)
		}
		if err := pause(ctx, quickstartPoll); err != nil {
			return err
		}
	}
}

// keepPages downloads the received fax and writes it as PDF and, its first page, as PNG.
func (f *firstRun) keepPages(ctx context.Context, api *apiClient, r *quickstartReceived) error {
	dir, err := filepath.Abs(f.command.Output)
	if err != nil {
		return err
	}
	r.PDF, r.PNG = filepath.Join(dir, "faxgate-quickstart.pdf"), filepath.Join(dir, "faxgate-quickstart.png")
	pdf, err := api.file(ctx, r.FaxID, "pdf")
	if err != nil {
		return err
	}
	tiff, err := api.file(ctx, r.FaxID, "tiff")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.PDF, pdf, 0o600); err != nil {
		return unreadable(r.PDF, err).At("--output")
	}
	return writePNG(r.PNG, tiff)
}

// writePNG writes the first page of a fax TIFF as a picture.
func writePNG(path string, tiff []byte) (err error) {
	t, err := page.OpenTIFF(bytes.NewReader(tiff), int64(len(tiff)))
	if err != nil {
		return err
	}
	first, err := t.Page(0)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return unreadable(path, err).At("--output")
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return page.WritePNG(out, first)
}

// pause waits, or says that it took too long.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, "quickstart_slow", "limit", quickstartPatience)
	}
	return fmt.Errorf("quickstart: %w", ctx.Err())
}
