package fax_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
)

// listen keeps what is sent, by the number that it is sent to, and lets it arrive.
func (c *clinic) listen() map[string][]byte {
	sent := map[string][]byte{}
	c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
		data, err := io.ReadAll(out.Document)
		if err != nil {
			return line.Result{}, err
		}
		c.phone.mu.Lock()
		sent[out.To] = data
		c.phone.mu.Unlock()
		return success(out, progress)
	}
	return sent
}

// record is the TIFF that the record of a fax gives.
func (c *clinic) record(id string) []byte {
	c.t.Helper()
	pages, err := c.faxes.Open(c.t.Context(), c.owner, id)
	c.must(err)
	defer pages.Close()
	var b bytes.Buffer
	c.must(pages.WriteTIFF(&b))
	if size := pages.Size(); size != 0 && size != int64(b.Len()) {
		c.t.Errorf("%d bytes, said to be %d", b.Len(), size)
	}
	return b.Bytes()
}

// stamped is the clinic's letter with a header line.
func (c *clinic) stamped(h page.Header) []byte {
	c.t.Helper()
	made := tiff(c.converter.pages)
	from, err := page.OpenTIFF(bytes.NewReader(made), int64(len(made)))
	c.must(err)
	var b bytes.Buffer
	c.must(page.WriteTIFF(&b, sheet.Stamped(from, h)))
	return b.Bytes()
}

// spaced is a number of North America as it is written abroad.
func spaced(number string) string {
	return number[:2] + " " + number[2:5] + "-" + number[5:8] + "-" + number[8:]
}

// A document that goes to many is drawn once. What each gets says when it was called, and
// by and under which number; and the record keeps it as it was sent.
func TestEveryPageSaysWhenFromWhomAndToWhom(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		sent := c.listen()
		tokyo, err := time.LoadLocation("Asia/Tokyo")
		c.must(err)
		c.owner.Header, c.owner.TimeZone, c.owner.Language = "Sakura", "Asia/Tokyo", "ja"
		ids := c.submit(c.letter("+14155550100", "+81312345678*12"))
		c.clock.Advance(2 * time.Hour)
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		for i, to := range []struct{ dialled, drawn string }{{"+14155550100", "+1 415-555-0100"}, {"+81312345678", "+81 3-1234-5678 * 12"}} {
			want := c.stamped(page.Header{Time: c.clock.Now().In(tokyo), Name: "Sakura", From: spaced(c.number), To: to.drawn, Language: "ja"})
			if !bytes.Equal(sent[to.dialled], want) {
				t.Errorf("%s gets other pages", to.dialled)
			}
			if !bytes.Equal(c.record(ids[i]), want) {
				t.Errorf("the record has other pages than %s got", to.dialled)
			}
		}
	})
}

func TestTheHeaderLineNamesWhatThereIs(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		sent := c.listen()
		letter := c.letter("+14155550100")
		letter.From = fax.NoNumber
		id := c.submit(letter)[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		if want := c.stamped(page.Header{Time: c.clock.Now().UTC(), To: "+1 415-555-0100"}); !bytes.Equal(sent["+14155550100"], want) {
			t.Error("without name and number there are other pages")
		}
		if f := c.sent(id); f.Sender() != "" {
			t.Errorf("the sender is %q", f.Sender())
		}
	})
}

func TestTheHeaderLineCanBeLeftOut(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		sent := c.listen()
		c.owner.Header = "Sakura"
		letter := c.letter("+14155550100")
		letter.NoHeader = true
		id := c.submit(letter)[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		if want := tiff(c.converter.pages); !bytes.Equal(sent["+14155550100"], want) || !bytes.Equal(c.record(id), want) {
			t.Error("the pages are not as they were made")
		}
		if f := c.sent(id); f.Sender() != "" {
			t.Errorf("the sender is %q", f.Sender())
		}
	})
}

// Pages that are sent once more begin without the line of the first time.
func TestAFaxSentAgainHasOneHeaderLine(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		sent := c.listen()
		id := c.submit(c.letter("+14155550100"))[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		c.submit(fax.Submission{From: c.number, To: []string{"+14155550199"}, FromFax: &fax.FromFax{FaxID: id}})
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		if got, want := string(sent["+14155550199"]), tiff(c.converter.pages); got == "" || c.converter.content[len(c.converter.content)-1] != string(want) {
			t.Error("it is not sent from the pages without a line")
		}
	})
}

func TestAPageWithoutRoomForTheHeaderLineIsNotSent(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		full, err := page.New(page.Geometry{Width: page.WidthA4, Rows: page.MaxRows, Resolution: page.Superfine})
		c.must(err)
		full.Blacken(0, 0, 1)
		full.Blacken(full.Rows-1, 0, 1)
		var b bytes.Buffer
		c.must(page.WriteTIFF(&b, page.Document{full.Code()}))
		c.converter.tiff, c.converter.pages = b.Bytes(), 1
		id := c.submit(c.letter("+14155550100"))[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		if f := c.sent(id); f.Status != fax.FailedRenderHeader || len(f.Attempts) != 0 || c.phone.made() != 0 {
			t.Errorf("it ends as %s, %+v", f.Status, f.Attempts)
		}
	})
}

// What came in is as it came in: whatever line there is was drawn by its sender.
func TestAReceivedFaxGetsNoHeaderLine(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		reception, outcome := c.receiver.Accept(t.Context(), line.Incoming{To: c.number, From: "+14155550100"})
		if outcome != line.OK {
			t.Fatal(outcome)
		}
		want := tiff(2)
		reception.Done(line.Result{Outcome: line.OK, Pages: make([]line.Page, 2)}, tempFile(t, want))
		all, err := c.faxes.List(t.Context(), c.owner, fax.Filter{})
		c.must(err)
		if !bytes.Equal(c.record(all[0].ID), want) {
			t.Error("the record has other pages")
		}
	})
}
