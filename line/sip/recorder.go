package sip

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/capture"
)

// recorder is the flight recorder of one call. Signalling is heard at the sockets, so
// that it has what is really on the wire, repetitions included. A nil one records nothing.
type recorder struct {
	callID  string
	line    *Line
	began   time.Time
	packets *capture.Writer

	mu     sync.Mutex
	kept   line.Trace
	engine time.Duration // when the present engine began, since began
	last   [2]string     // the last message either way, to know a repetition
}

// record begins to record a call.
func (l *Line) record(callID string) *recorder {
	r := &recorder{callID: callID, line: l, began: time.Now()}
	r.kept.Began = r.began
	if file, err := line.NewFile(l.Dir); err == nil {
		r.packets = capture.New(file)
	} else {
		l.Log.Warn("capture", "error", err) // the call is worth more than its record
	}
	l.recorders.Store(callID, r)
	return r
}

// recorder finds that of a call.
func (l *Line) recorder(callID string) (r *recorder, found bool) {
	v, found := l.recorders.Load(callID)
	if !found {
		return nil, false
	}
	return v.(*recorder), true
}

// message keeps a message of SIP. What has been said already is noted as said again.
func (r *recorder) message(s *socket, sent bool, other netip.AddrPort, message []byte, at time.Time) {
	own := netip.AddrPortFrom(s.own(other.Addr()), s.Address.Port())
	from, to := other, own
	if sent {
		from, to = own, other
	}
	if s.Transport == UDP {
		r.packets.Datagram(capture.SIP, at, from, to, message)
	} else {
		r.packets.Stream(at, from, to, message)
	}
	name, detail := summary(message)
	r.mu.Lock()
	defer r.mu.Unlock()
	way := 0
	if sent {
		way = 1
	}
	if same := name + detail + branch(message); r.last[way] == same {
		detail = strings.TrimPrefix(detail+", again", ", ")
	} else {
		r.last[way] = same
	}
	r.kept.Add(line.Event{At: at.Sub(r.began), Layer: line.SIP, Sent: sent, Name: name, Detail: detail})
}

// add keeps an event that we see happen.
func (r *recorder) add(layer line.Layer, sent bool, name, detail string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.Add(line.Event{At: time.Since(r.began), Layer: layer, Sent: sent, Name: name, Detail: detail})
}

// begins notes that an engine begins: its events count from now.
func (r *recorder) begins(t line.Transport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.engine = time.Since(r.began)
	r.kept.Add(line.Event{At: r.engine, Layer: line.Media, Sent: true, Name: string(t)})
}

// event keeps an event of the engine.
func (r *recorder) event(e line.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.At += r.engine
	r.kept.Add(e)
}

// packet keeps a packet of media.
func (r *recorder) packet(t line.Transport, sent bool, own, other netip.AddrPort, data []byte) {
	from, to := other, own
	if sent {
		from, to = own, other
	}
	kind := capture.RTP
	if t == line.T38 {
		kind = capture.UDPTL
	}
	r.packets.Datagram(kind, time.Now(), from, to, data)
}

// trace ends the recording. Of a fax that went well over G.711 the sound is not kept: it
// is much, and says nothing.
func (r *recorder) trace(result line.Result) *line.Trace {
	r.line.recorders.Delete(r.callID)
	file, err := r.packets.Close()
	if err == nil && file != nil && result.Outcome == line.OK && result.Transport != line.T38 {
		file, err = r.line.quiet(file)
	}
	if err != nil {
		r.line.Log.Warn("capture", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.kept
	kept.Capture = file
	slices.SortStableFunc(kept.Events, func(a, b line.Event) int { return int(a.At - b.At) })
	return &kept
}

// quiet is a capture without its sound. The first one is closed.
func (l *Line) quiet(file *os.File) (*os.File, error) {
	defer file.Close()
	without, err := line.NewFile(l.Dir)
	if err != nil {
		return nil, err
	}
	if err = capture.WithoutPages(without, file); err == nil {
		_, err = without.Seek(0, io.SeekStart)
	}
	if err != nil {
		without.Close()
		return nil, err
	}
	return without, nil
}

// summary is what a ladder shows of a message: the method with its purpose, or the status
// line; and the media it is about.
func summary(message []byte) (name, detail string) {
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	first, headers, _ := bytes.Cut(head, []byte("\r\n"))
	words := strings.SplitN(clean(string(first)), " ", 3)
	switch {
	case len(words) < 3:
		return clean(string(first)), ""
	case words[0] == "SIP/2.0":
		name = words[1] + " " + words[2]
		if _, method, found := strings.Cut(strings.TrimSpace(field(headers, "CSeq", "CSeq")), " "); found {
			detail = strings.TrimSpace(method)
		}
	default:
		name = words[0]
		if reason := field(headers, "Reason", "Reason"); reason != "" {
			detail = reason
		}
	}
	var parts []string
	for _, part := range []string{detail, describe(body), field(headers, "Warning", "Warning")} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return name, clean(strings.Join(parts, ", "))
}

// field finds the value of a header.
func field(headers []byte, name, short string) string {
	for text := range bytes.SplitSeq(headers, []byte("\n")) {
		key, value, found := bytes.Cut(text, []byte(":"))
		if key = bytes.TrimSpace(key); found && (bytes.EqualFold(key, []byte(name)) || bytes.EqualFold(key, []byte(short))) {
			return strings.TrimSpace(string(value))
		}
	}
	return ""
}

// branch is what a message has in common with its repetitions alone.
func branch(message []byte) string {
	return field(message, "Via", "v") + field(message, "CSeq", "CSeq")
}

// describe names the media of a body: "PCMU PCMA", "t38".
func describe(body []byte) string {
	var media []string
	for text := range bytes.SplitSeq(body, []byte("\n")) {
		words := bytes.Fields(text)
		if len(words) < 4 || !bytes.HasPrefix(words[0], []byte("m=")) {
			continue
		}
		kind := string(words[0][2:])
		if string(words[1]) == "0" {
			kind += " refused"
		}
		for _, format := range words[3:] {
			switch string(format) {
			case "0":
				kind += " PCMU"
			case "8":
				kind += " PCMA"
			case "t38":
				kind += " t38"
			}
		}
		media = append(media, kind)
	}
	return strings.Join(media, ", ")
}

// maxClean bounds what is kept of the other end's words, in bytes.
const maxClean = 160

// clean is a text of the other end's as it may be shown: printable ASCII.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), maxClean)]
}
