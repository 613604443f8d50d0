package line

import "strconv"

// T30Code is how T.30 ended, in the numbers of libspandsp, which are also those of
// the statuses failed_fs_2 and failed_fs_49 that other fax programs made known.
type T30Code int

// The codes that rules look at; the others have names only.
const (
	T30OK          T30Code = 0
	T30NoFax       T30Code = 2  // T0 ran out: nothing was heard that sounds like a fax machine
	T30NoDIS       T30Code = 3  // T1 ran out: no first message
	T30CannotTrain T30Code = 6  // no speed would do
	T30TxECMPhaseD T30Code = 16 // a sender in error correction heard what it did not expect
	T30RxECMPhaseD T30Code = 23 // a receiver likewise
	T30NoSize      T30Code = 12 // the receiver has no paper of the page's width
	T30FileError   T30Code = 41 // the first of those about the TIFF file
	T30NoMemory    T30Code = 47 // the last of those about the TIFF file
	T30CallDropped T30Code = 49
)

// t30Names are the names in libspandsp, without T30_ERR_.
var t30Names = [...]string{
	"OK", "CEDTONE", "T0_EXPIRED", "T1_EXPIRED", "T3_EXPIRED", "HDLC_CARRIER", "CANNOT_TRAIN",
	"OPER_INT_FAIL", "INCOMPATIBLE", "RX_INCAPABLE", "TX_INCAPABLE", "NORESSUPPORT",
	"NOSIZESUPPORT", "UNEXPECTED", "TX_BADDCS", "TX_BADPG", "TX_ECMPHD", "TX_GOTDCN",
	"TX_INVALRSP", "TX_NODIS", "TX_PHBDEAD", "TX_PHDDEAD", "TX_T5EXP", "RX_ECMPHD", "RX_GOTDCS",
	"RX_INVALCMD", "RX_NOCARRIER", "RX_NOEOL", "RX_NOFAX", "RX_T2EXPDCN", "RX_T2EXPD",
	"RX_T2EXPFAX", "RX_T2EXPMPS", "RX_T2EXPRR", "RX_T2EXP", "RX_DCNWHY", "RX_DCNDATA",
	"RX_DCNFAX", "RX_DCNPHD", "RX_DCNRRD", "RX_DCNNORTN", "FILEERROR", "NOPAGE", "BADTIFF",
	"BADPAGE", "BADTAG", "BADTIFFHDR", "NOMEM", "RETRYDCN", "CALLDROPPED", "NOPOLL",
	"IDENT_UNACCEPTABLE", "SUB_UNACCEPTABLE", "SEP_UNACCEPTABLE", "PSA_UNACCEPTABLE",
	"SID_UNACCEPTABLE", "PWD_UNACCEPTABLE", "TSA_UNACCEPTABLE", "IRA_UNACCEPTABLE",
	"CIA_UNACCEPTABLE", "ISP_UNACCEPTABLE", "CSA_UNACCEPTABLE",
}

// String is the code's name, for logs.
func (c T30Code) String() string {
	if c < 0 || int(c) >= len(t30Names) {
		return "T30_" + strconv.Itoa(int(c))
	}
	return t30Names[c]
}

// outcome is the class of a call without a confirmed page.
func (c T30Code) outcome(role Role) Outcome {
	switch {
	case c == 1 || c == T30NoFax || c == T30NoDIS:
		return NoFax
	case c >= 8 && c <= 12, c >= 50 && c < T30Code(len(t30Names)):
		return Incompatible
	case c == 17 || c >= 35 && c <= 40 || c == T30CallDropped: // a DCN out of turn is a hang-up
		return Dropped
	case c >= T30FileError && c <= T30NoMemory && role == Sender:
		return BadDocument
	case c >= T30FileError && c <= T30NoMemory:
		return StorageFailed
	case c == T30OK: // DCN in turn, yet there was no page
		return Dropped
	}
	return BadLine
}
