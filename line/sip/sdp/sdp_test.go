package sdp_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line/sip/sdp"
)

var here = netip.MustParseAddrPort("192.0.2.20:10000")

// text is a description as it comes over the wire.
func text(lines ...string) []byte {
	return []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n")
}

// What devices in the field write is understood, in whatever order and spelling.
func TestOffersOfTheFieldAreUnderstood(t *testing.T) {
	t.Parallel()
	there := netip.MustParseAddrPort("192.0.2.1:4000")
	for _, tt := range []struct {
		name  string
		offer []byte
		t38   bool
		want  sdp.Agreed
	}{
		{"both laws", text("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"), false,
			sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMU, At: there, Events: 101}}},
		{"A-law first", text("m=audio 4000 RTP/AVP 8 0"), false, sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMA, At: there}}},
		{"other codecs before", text("m=audio 4000 RTP/AVP 9 18 8", "a=rtpmap:9 G722/8000"), false, sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMA, At: there}}},
		{"lines ended by LF", []byte("v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n"), false, sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMU, At: there}}},
		{"an address of its own", text("m=audio 4000/2 RTP/AVP 0", "c=IN IP6 2001:db8::1"), false,
			sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMU, At: netip.MustParseAddrPort("[2001:db8::1]:4000")}}},
		{"on hold", []byte("v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n"), false, sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMU}}},
		{"T.38 with FEC, spelt with care", text("m=image 4000 udptl t38", "a=T38FaxVersion:0", "a=T38MaxBitRate:9600", "a=T38FaxMaxDatagram:238", "a=T38FaxUdpEC:t38UDPFEC"), true,
			sdp.Agreed{T38: &sdp.AgreedT38{At: there, MaxDatagram: 238, EC: sdp.FEC}}},
		{"T.38 without much care", text("m=image 4000 UDPTL T38", "a=t38faxversion: 0", "a=T38FaxFillBitRemoval", "a=t38maxdatagram: 400", "a=T38FaxUdpEC: t38udpredundancy"), true,
			sdp.Agreed{T38: &sdp.AgreedT38{At: there, MaxDatagram: 400, EC: sdp.Redundancy}}},
		{"sound and T.38, and T.38 is wanted", text("m=audio 4002 RTP/AVP 0", "m=image 4000 udptl t38"), true, sdp.Agreed{T38: &sdp.AgreedT38{At: there, EC: sdp.Redundancy}}},
		{"sound and T.38, and sound is wanted", text("m=audio 4000 RTP/AVP 0", "m=image 4002 udptl t38"), false, sdp.Agreed{Audio: &sdp.AgreedAudio{Law: sdp.PCMU, At: there}}},
	} {
		offer, err := sdp.Parse(tt.offer)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		answer, got, err := sdp.Answer(offer, sdp.Want{At: here, T38: tt.t38})
		if err != nil || !same(got.Audio, tt.want.Audio) || !same(got.T38, tt.want.T38) {
			t.Errorf("%s: %+v %+v, %v", tt.name, got.Audio, got.T38, err)
		}
		if len(answer.Media) != len(offer.Media) {
			t.Errorf("%s: %d lines answer %d", tt.name, len(answer.Media), len(offer.Media))
		}
	}
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// RFC 3264 6: each line is answered, and what is not taken has the port 0.
func TestRFC3264_6_LinesThatAreNotTakenAreRefused(t *testing.T) {
	t.Parallel()
	offer, err := sdp.Parse(text("m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 8 0", "m=image 4002 udptl t38", "m=audio 4004 RTP/SAVP 0"))
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := sdp.Answer(offer, sdp.Want{At: here})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint16{0, here.Port(), 0, 0} {
		if got := answer.Media[i]; got.Port != want || got.Kind != offer.Media[i].Kind || got.Proto != offer.Media[i].Proto {
			t.Errorf("line %d: %+v, want the port %d", i, got, want)
		}
	}
	written := string(answer.Append(nil))
	if !strings.Contains(written, "m=video 0 RTP/AVP 31\r\n") || !strings.Contains(written, "m=audio 10000 RTP/AVP 8\r\n") {
		t.Errorf("written: %s", written)
	}
}

func TestOfferOfWhichNothingCanBeTakenIsSaidToBeSo(t *testing.T) {
	t.Parallel()
	for name, offer := range map[string][]byte{
		"no codec of ours":     text("m=audio 4000 RTP/AVP 9 18"),
		"encrypted sound":      text("m=audio 4000 RTP/SAVP 0"),
		"T.38 over TCP":        text("m=image 4000 TCP t38"),
		"refused beforehand":   text("m=audio 0 RTP/AVP 0"),
		"sound where T.38 was": text("m=video 4000 RTP/AVP 31"),
	} {
		s, err := sdp.Parse(offer)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := sdp.Answer(s, sdp.Want{At: here}); !errors.Is(err, sdp.ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// T.38 D.2.3.3: an answer has no more than was offered.
func TestAnswerToT38HasNoMoreThanWasOffered(t *testing.T) {
	t.Parallel()
	offer, err := sdp.Parse(text("m=image 4000 udptl t38", "a=T38FaxVersion:3", "a=T38MaxBitRate:9600", "a=T38FaxUdpEC:t38UDPNoEC"))
	if err != nil {
		t.Fatal(err)
	}
	answer, _, err := sdp.Answer(offer, sdp.Want{At: here, T38: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Media[0].T38; got.Version != 0 || got.MaxBitRate != 9600 || got.EC != sdp.NoEC || got.Rate != "transferredTCF" {
		t.Errorf("answer: %+v", got)
	}
}

// RFC 3264 6.1: who is only to receive says that it only sends.
func TestRFC3264_6_1_DirectionsFit(t *testing.T) {
	t.Parallel()
	for offered, want := range map[string]sdp.Direction{"sendonly": sdp.RecvOnly, "recvonly": sdp.SendOnly, "inactive": sdp.Inactive, "sendrecv": sdp.SendRecv} {
		offer, err := sdp.Parse(text("m=audio 4000 RTP/AVP 0", "a="+offered))
		if err != nil {
			t.Fatal(err)
		}
		answer, _, err := sdp.Answer(offer, sdp.Want{At: here})
		if err != nil || answer.Media[0].Direction != want {
			t.Errorf("%s: %+v, %v", offered, answer.Media, err)
		}
	}
}

// What we offer is what an answer to it is read from.
func TestOurOffersAreReadAsTheyWereMeant(t *testing.T) {
	t.Parallel()
	o := sdp.Origin{ID: 7, Version: 2}
	audio, err := sdp.Parse(sdp.AudioOffer(o, here, sdp.PCMA).Append(nil))
	if err != nil || audio.Origin.Version != 2 || audio.Media[0].Formats[0] != "8" {
		t.Errorf("audio: %+v, %v", audio, err)
	}
	if a, ok := audio.AgreedAudio(); !ok || a.Law != sdp.PCMA || a.At != here || a.Events != 101 {
		t.Errorf("AgreedAudio = %+v, %v", a, ok)
	}
	if _, ok := audio.AgreedT38(); ok {
		t.Error("audio is taken for T.38")
	}
	image, err := sdp.Parse(sdp.T38Offer(o, here).Append(nil))
	if a, ok := image.AgreedT38(); err != nil || !ok || a.At != here || a.EC != sdp.Redundancy || a.MaxDatagram != 400 {
		t.Errorf("AgreedT38 = %+v, %v, %v", a, ok, err)
	}
}

func TestWhatDescribesNothingIsMalformed(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing": "", "no media": "v=0\r\n", "no port": "m=audio\r\n", "a port of letters": "m=audio x RTP/AVP 0\r\n",
		"too long": strings.Repeat("a=x\r\n", 5000), "too many lines": strings.Repeat("m=audio 1 RTP/AVP 0\r\n", 17),
		"too many formats": "m=audio 1 RTP/AVP" + strings.Repeat(" 0", 100) + "\r\n",
	} {
		if _, err := sdp.Parse([]byte(in)); !errors.Is(err, sdp.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever comes in, it is read or refused, and what answers it can be read.
func FuzzParse(f *testing.F) {
	f.Add(text("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "m=image 4002 udptl t38", "a=T38FaxUdpEC:t38UDPFEC"))
	f.Add(sdp.T38Offer(sdp.Origin{}, here).Append(nil))
	f.Fuzz(func(t *testing.T, in []byte) {
		s, err := sdp.Parse(in)
		if err != nil {
			return
		}
		s.AgreedAudio()
		s.AgreedT38()
		for _, t38 := range []bool{false, true} {
			answer, _, err := sdp.Answer(s, sdp.Want{At: here, T38: t38})
			if err != nil {
				continue
			}
			again, err := sdp.Parse(answer.Append(nil))
			if err != nil || len(again.Media) != len(answer.Media) {
				t.Errorf("%q is answered by %q: %v", in, answer.Append(nil), err)
			}
		}
	})
}
