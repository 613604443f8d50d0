package sdp

import (
	"fmt"
	"strings"
)

// Append appends the description as a text to buf.
func (s Session) Append(buf []byte) []byte {
	family := "IP4"
	if s.Origin.Address.Is6() {
		family = "IP6"
	}
	buf = fmt.Appendf(buf, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n",
		s.Origin.ID, s.Origin.Version, family, s.Origin.Address, family, s.Origin.Address)
	for _, m := range s.Media {
		buf = m.append(buf)
	}
	return buf
}

func (m Media) append(buf []byte) []byte {
	buf = fmt.Appendf(buf, "m=%s %d %s %s\r\n", m.Kind, m.Port, m.Proto, strings.Join(m.Formats, " "))
	if m.Port == 0 {
		return buf
	}
	switch m.Kind {
	case Audio:
		for _, f := range m.Formats {
			if rate, known := m.Rates[f]; known {
				buf = fmt.Appendf(buf, "a=rtpmap:%s %s\r\n", f, rate)
			}
			if m.Rates[f] == telephoneEvent {
				buf = fmt.Appendf(buf, "a=fmtp:%s 0-15\r\n", f)
			}
		}
		direction := m.Direction
		if direction == "" {
			direction = SendRecv
		}
		return fmt.Appendf(buf, "a=ptime:20\r\na=%s\r\n", direction)
	case Image:
		return m.T38.append(buf)
	}
	return buf
}

func (t T38) append(buf []byte) []byte {
	return fmt.Appendf(buf, "a=T38FaxVersion:%d\r\na=T38MaxBitRate:%d\r\na=T38FaxRateManagement:%s\r\n"+
		"a=T38FaxMaxDatagram:%d\r\na=T38FaxUdpEC:%s\r\n", t.Version, t.MaxBitRate, t.Rate, t.MaxDatagram, t.EC)
}
