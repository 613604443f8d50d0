package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrFormat is wrapped by whatever makes a file none that a Writer wrote.
var ErrFormat = errors.New("no capture")

// The blocks of pcapng that there are, and their options.
const (
	sectionBlock    = 0x0A0D0D0A
	interfaceBlock  = 1
	statisticsBlock = 5
	enhancedBlock   = 6 // a packet

	byteOrder   = 0x1A2B3C4D
	linkTypeRaw = 101 // begins with the IP header

	optionName     = 2 // of an interface
	optionReceived = 4 // of statistics
	optionDropped  = 5
)

const (
	frame     = 12 // octets of a block around its body: type, length, length
	epbHeader = 20 // octets of a packet block's body before the packet
)

var order = binary.LittleEndian

// pad is how many octets follow n of them, so that there are whole words.
func pad(n int) int { return -n & 3 }

// packetBlock is the length of the block of a packet of so many octets.
func packetBlock(size int) int { return frame + epbHeader + size + pad(size) }

// appendBlock adds a block with a body of whole words.
func appendBlock(b []byte, kind uint32, body []byte) []byte {
	length := uint32(frame + len(body))
	b = order.AppendUint32(b, kind)
	b = order.AppendUint32(b, length)
	b = append(b, body...)
	return order.AppendUint32(b, length)
}

// appendOption adds an option of a block.
func appendOption(b []byte, code uint16, value []byte) []byte {
	b = order.AppendUint16(b, code)
	b = order.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return append(b, make([]byte, pad(len(value)))...)
}

// appendHead adds the beginning of a file: its section, and its interfaces.
func appendHead(b []byte) []byte {
	section := order.AppendUint32(nil, byteOrder)
	section = order.AppendUint16(section, 1) // version 1.0
	section = order.AppendUint16(section, 0)
	section = order.AppendUint64(section, 1<<64-1) // its length is not known
	b = appendBlock(b, sectionBlock, section)
	for _, name := range names {
		b = appendInterface(b, name)
	}
	return b
}

// appendInterface adds an interface. Its times are in microseconds, as they are if nobody
// says otherwise.
func appendInterface(b []byte, name string) []byte {
	body := order.AppendUint16(nil, linkTypeRaw)
	body = order.AppendUint16(body, 0)
	body = order.AppendUint32(body, 0) // packets are whole
	body = appendOption(body, optionName, []byte(name))
	return appendBlock(b, interfaceBlock, appendOption(body, 0, nil))
}

// appendTime adds a time: two words, the higher one first.
func appendTime(b []byte, t time.Time) []byte {
	us := uint64(t.UnixMicro())
	b = order.AppendUint32(b, uint32(us>>32))
	return order.AppendUint32(b, uint32(us))
}

// appendPacket adds what stands before a packet of so many octets, appendPacketEnd what
// stands behind it.
func appendPacket(b []byte, kind Kind, at time.Time, size int) []byte {
	b = order.AppendUint32(b, enhancedBlock)
	b = order.AppendUint32(b, uint32(packetBlock(size)))
	b = order.AppendUint32(b, uint32(kind))
	b = appendTime(b, at)
	b = order.AppendUint32(b, uint32(size)) // captured
	return order.AppendUint32(b, uint32(size))
}

func appendPacketEnd(b []byte, size int) []byte {
	b = append(b, make([]byte, pad(size))...)
	return order.AppendUint32(b, uint32(packetBlock(size)))
}

// appendStatistics adds how many packets an interface has and lacks.
func appendStatistics(b []byte, kind Kind, at time.Time, packets, dropped uint64) []byte {
	body := order.AppendUint32(nil, uint32(kind))
	body = appendTime(body, at)
	body = appendOption(body, optionReceived, order.AppendUint64(nil, packets+dropped))
	body = appendOption(body, optionDropped, order.AppendUint64(nil, dropped))
	return appendBlock(b, statisticsBlock, appendOption(body, 0, nil))
}

// blocks reads the blocks of a file, one at a time.
type blocks struct {
	r    *bufio.Reader
	body []byte
}

// next is the next block; its body is valid until the one after it. The error is io.EOF
// between two blocks, and ErrFormat for what is none.
func (b *blocks) next() (kind uint32, body []byte, err error) {
	var head [8]byte
	if _, err := io.ReadFull(b.r, head[:]); err != nil {
		return 0, nil, broken(err)
	}
	length := int64(order.Uint32(head[4:]))
	if length < frame || length%4 != 0 || length > int64(packetBlock(maxPacket)) {
		return 0, nil, fmt.Errorf("block of %d octets: %w", length, ErrFormat)
	}
	n := int(length) - len(head)
	if cap(b.body) < n {
		b.body = make([]byte, n)
	}
	b.body = b.body[:n]
	if _, err := io.ReadFull(b.r, b.body); err != nil {
		return 0, nil, broken(noEOF(err))
	}
	body = b.body[:n-4]
	if int64(order.Uint32(b.body[n-4:])) != length {
		return 0, nil, fmt.Errorf("block with two lengths: %w", ErrFormat)
	}
	return order.Uint32(head[:]), body, nil
}

// noEOF is err, for a place where the file must not end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// broken is err, and for a block that is cut off ErrFormat.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return err
}
