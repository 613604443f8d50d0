// Package t30 reads the frames of ITU-T T.30, for people: what each is called, and what
// is worth knowing of it. They are HDLC frames of an address, a control field, the
// facsimile control field (FCF, 5.3.6.1) and the facsimile information field (FIF,
// 5.3.6.2); the first bit on the line is the lowest of its octet. Strangers send them, so
// that every length is doubtful, and every text is cleaned.
package t30

import "fmt"

// Frame is one frame, as it went over the line.
type Frame struct {
	Sent bool // by us; else by the other end
	// Image is how many frames of a page (FCD, A.3.5.1) went the same way since the Frame
	// before: they are not shown one by one.
	Image int
	// Octets are the frame, without its check sequence. It may be cut off.
	Octets []byte
}

// The octets before the FIF.
const (
	fcfAt  = 2
	header = 3
)

// Facsimile control fields that rules look at (5.3.6.1, A.4). Of a command or response
// that both ends send, the lowest bit tells the end (X), and is zero here.
const (
	fcfDIS = 0x80
	fcfDTC = 0x81
	fcfCSI = 0x40
	fcfCIG = 0x41
	fcfDCS = 0x82
	fcfTSI = 0x42
	fcfSUB = 0xC2
	fcfCTC = 0x12
	fcfEOM = 0x8E
	fcfMPS = 0x4E
	fcfEOP = 0x2E
	fcfPPS = 0xBE
	fcfEOR = 0xCE
	fcfPPR = 0xBC
	fcfMCF = 0x8C
	fcfRTP = 0xCC
	fcfRTN = 0x4C
	fcfPIP = 0xAC
	fcfPIN = 0x2C

	fcfPRIEOM = 0x9E
	fcfPRIMPS = 0x5E
	fcfPRIEOP = 0x3E
)

// names of the fields. Those of DIS and DTC have all eight bits.
var names = map[byte]string{
	fcfDIS: "DIS", fcfCSI: "CSI", 0x20: "NSF",
	fcfDTC: "DTC", fcfCIG: "CIG", 0x21: "NSC", 0xC1: "PWD", 0xA1: "SEP", 0x61: "PSA", 0xE1: "CIA", 0x11: "ISP",
	fcfDCS: "DCS", fcfTSI: "TSI", 0x22: "NSS", fcfSUB: "SUB", 0xA2: "SID", 0x62: "TSA", 0xE2: "IRA", fcfCTC: "CTC",
	0x84: "CFR", 0x44: "FTT", 0xC4: "CTR", 0x24: "CSA",
	fcfEOM: "EOM", fcfMPS: "MPS", fcfEOP: "EOP", 0x1E: "EOS",
	fcfPRIEOM: "PRI-EOM", fcfPRIMPS: "PRI-MPS", fcfPRIEOP: "PRI-EOP",
	fcfPPS: "PPS", fcfEOR: "EOR", 0x6E: "RR",
	fcfMCF: "MCF", fcfRTP: "RTP", fcfRTN: "RTN", fcfPIP: "PIP", fcfPIN: "PIN", fcfPPR: "PPR",
	0xEC: "RNR", 0x1C: "ERR", 0xFC: "FDM", 0x6C: "PID",
	0xFA: "DCN", 0x1A: "CRP", 0xCA: "FNV", 0xEA: "TNR", 0x6A: "TR",
}

// fcf is the frame's control field, without the bit X where it is one; zero: there is none.
func (f Frame) fcf() byte {
	if len(f.Octets) < header {
		return 0
	}
	field := f.Octets[fcfAt]
	if _, exactly := names[field]; exactly {
		return field
	}
	return field &^ 1
}

// fif is the information field.
func (f Frame) fif() []byte {
	if len(f.Octets) < header {
		return nil
	}
	return f.Octets[header:]
}

// Name is that of the frame in T.30, such as "DCS"; those that end a page of ECM have the
// command behind it, such as "PPS-EOP" (A.4.3). Unknown ones are named by their field.
func (f Frame) Name() string {
	field := f.fcf()
	name, known := names[field]
	switch {
	case len(f.Octets) < header:
		return "fragment"
	case !known:
		return fmt.Sprintf("FCF %#02x", f.Octets[fcfAt])
	case field == fcfPPS || field == fcfEOR:
		return name + "-" + f.postPage()
	}
	return name
}

// postPage is the name of the command in a PPS or EOR (FCF2, A.4.3).
func (f Frame) postPage() string {
	fif := f.fif()
	if len(fif) == 0 {
		return "?"
	}
	if fif[0] == 0 {
		return "NULL"
	}
	if name, known := names[fif[0]&^1]; known {
		return name
	}
	return fmt.Sprintf("%#02x", fif[0])
}

// command is the field of the command after a page: the frame's own, or that in a PPS or
// EOR. Zero: there is none.
func (f Frame) command() byte {
	field, fif := f.fcf(), f.fif()
	if field != fcfPPS && field != fcfEOR {
		return field
	}
	if len(fif) == 0 {
		return 0
	}
	return fif[0] &^ 1
}

// endsPage reports whether the frame is a command after a whole page, to which the
// receiver answers if it has the page (5.3.6.1.6, A.4.3). Between the blocks of a page
// (PPS-NULL) it is none.
func (f Frame) endsPage() bool {
	switch f.command() {
	case fcfEOM, fcfMPS, fcfEOP, fcfPRIEOM, fcfPRIMPS, fcfPRIEOP:
		return true
	}
	return false
}

// changesShape reports whether the machines negotiate anew after the page (EOM).
func (f Frame) changesShape() bool { return f.command() == fcfEOM || f.command() == fcfPRIEOM }

// answersPage reports whether the frame says what became of a page or block: confirmed,
// refused, or to be sent again in part (5.3.6.1.7, A.4.4).
func (f Frame) answersPage() bool {
	switch f.fcf() {
	case fcfMCF, fcfRTP, fcfRTN, fcfPIP, fcfPIN, fcfPPR:
		return true
	}
	return false
}
