package loop

import (
	"context"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
)

// simulate does what converse and talk do, without an engine: the pages are taken from
// the document as they are. There is no time, no speed and no error correction.
func (c *call) simulate(ctx context.Context) (sent, received line.Result) {
	tiff, err := open(c.Document)
	if err != nil {
		r := c.simulated(line.Sender, line.T30FileError, nil, false)
		r.Detail = err.Error()
		return r, c.simulated(line.Receiver, line.T30NoDIS, nil, false)
	}
	c.progress(line.Progress{Stage: line.Answered, Transport: c.transport()})
	if c.voice {
		return c.simulated(line.Sender, line.T30NoFax, nil, false), line.Result{}
	}
	c.progress(line.Progress{Stage: line.Trained, Transport: c.transport(), Total: tiff.Pages()})
	pages, code := c.copyPages(ctx, tiff)
	complete := len(pages) == tiff.Pages()
	sent = c.simulated(line.Sender, code, pages, complete)
	sent.Total = tiff.Pages()
	return sent, c.simulated(line.Receiver, code, pages, complete)
}

// copyPages confirms one page after the other, until something ends the call.
func (c *call) copyPages(ctx context.Context, tiff *page.TIFF) (pages []line.Page, code line.T30Code) {
	for i := range tiff.Pages() {
		if ctx.Err() != nil || c.drops > 0 && i >= c.drops {
			return pages, line.T30CallDropped
		}
		coded, err := tiff.Coded(i)
		if err != nil {
			return pages, line.T30FileError
		}
		p := facts(coded)
		pages = append(pages, p)
		c.progress(line.Progress{
			Stage: line.Confirmed, Transport: c.transport(), Page: i + 1, Total: tiff.Pages(),
		})
		c.confirmed(i+1, p)
	}
	return pages, line.T30OK
}

// simulated is the result at one end.
func (c *call) simulated(role line.Role, code line.T30Code, pages []line.Page, complete bool) line.Result {
	return line.Result{
		Outcome:   line.Classify(role, code, len(pages), complete),
		Transport: c.transport(),
		T30:       code,
		Pages:     pages,
		Simulated: true,
	}
}

// facts is what an engine says of a page.
func facts(c page.Coded) line.Page {
	down := map[page.Resolution]int{page.Standard: 3850, page.Fine: 7700, page.Superfine: 15400}
	return line.Page{Width: c.Width, Length: c.Rows, XDPM: 8031, YDPM: down[c.Resolution], Octets: len(c.Data)}
}
