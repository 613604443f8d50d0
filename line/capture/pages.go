package capture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// WithoutPages copies a capture without what could be seen of the pages: RTP becomes
// silence, and of T.38 only what the machines said over V.21 remains, in primary and
// redundant packets. Headers, numbers and times stay as they were, so that losses and
// jitter can be studied. What cannot be read is blanked, not copied. A file that no Writer
// wrote is ErrFormat; what was copied until then has no pages either.
func WithoutPages(w io.Writer, r io.Reader) error {
	b := &blocks{r: bufio.NewReaderSize(r, 64<<10)}
	out := bufio.NewWriterSize(w, 64<<10)
	if err := copyHead(out, b); err != nil {
		return err
	}
	var block []byte
	for {
		kind, body, err := b.next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err == nil && kind == enhancedBlock {
			err = blankPacket(body)
		} else if err == nil && kind != statisticsBlock {
			err = fmt.Errorf("block %#x: %w", kind, ErrFormat)
		}
		if err == nil {
			block = appendBlock(block[:0], kind, body)
			_, err = out.Write(block)
		}
		if err != nil {
			return err
		}
	}
}

// copyHead copies what is before the packets, and has to be what a Writer writes: by the
// interfaces it is known what packets are.
func copyHead(w io.Writer, b *blocks) error {
	want := appendHead(nil)
	var head []byte
	for len(head) < len(want) {
		kind, body, err := b.next()
		if err != nil {
			return fmt.Errorf("head: %w: %w", ErrFormat, err)
		}
		head = appendBlock(head, kind, body)
	}
	if !bytes.Equal(head, want) {
		return fmt.Errorf("head: %w", ErrFormat)
	}
	_, err := w.Write(head)
	return err
}

// blankPacket takes the pages out of a packet's block.
func blankPacket(body []byte) error {
	if len(body) < epbHeader {
		return fmt.Errorf("packet block of %d octets: %w", len(body), ErrFormat)
	}
	kind, size := Kind(order.Uint32(body)), int(order.Uint32(body[12:]))
	if kind < 0 || kind >= kinds {
		return fmt.Errorf("packet of interface %d: %w", kind, ErrFormat)
	}
	if size < 0 || size > len(body)-epbHeader || len(body) != epbHeader+size+pad(size) {
		return fmt.Errorf("packet of %d octets in a block of %d: %w", size, len(body), ErrFormat)
	}
	packet := body[epbHeader:][:size]
	clear(body[epbHeader+size:])
	if kind == SIP {
		return nil
	}
	ip, payload, ok := udp(packet)
	switch {
	case !ok:
		return fmt.Errorf("packet of kind %d that is not UDP: %w", kind, ErrFormat)
	case kind == RTP:
		silence(payload)
	default:
		blankUDPTL(payload)
	}
	setUDPChecksum(packet, ip)
	return nil
}
