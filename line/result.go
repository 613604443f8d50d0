package line

import "time"

// Result is what became of one call: the facts of an attempt.
type Result struct {
	Outcome   Outcome   `json:"outcome"`
	Transport Transport `json:"transport"` // empty: the call was not answered
	// Extension is the digits that were dialled after the answer. Empty: none.
	Extension string `json:"extension,omitempty"`
	// T30 is the engine's completion code. It is T30OK also when no T.30 took place.
	T30 T30Code `json:"t30"`
	// SIP is the status that ended or refused the call (RFC 3261 21). Zero: none.
	SIP int `json:"sip,omitempty"`
	// Rate is the modems' speed at the end, in bit/s. Zero: none was agreed.
	Rate int `json:"rate,omitempty"`
	// ECM says whether error correction was used (T.30 Annex A).
	ECM bool `json:"ecm,omitempty"`
	// Total is how many pages the sender's document has. Zero: not known, as always
	// for a receiver.
	Total int `json:"total,omitempty"`
	// Pages are those that the receiver confirmed, in order.
	Pages []Page `json:"pages,omitempty"`
	// StationID is what the other end calls itself, cleaned. Empty: nothing.
	StationID string `json:"station_id,omitempty"`
	// Retrains is how often the modems had to agree anew, on the same speed or a lower one:
	// each DCS that follows neither the beginning of T.30 nor an EOM, as after FTT, RTN, RTP
	// or no answer (T.30 5.3.6.1), and each CTC (A.4.3). Zero for a document of pages of many
	// shapes on a good line.
	Retrains int `json:"retrains,omitempty"`
	// Unsure says that a page may have arrived that was not confirmed: whoever sends the
	// fax again may send it twice. The call ended when the page was over and its answer was
	// not there, or the engine crashed after the machines had agreed. Never for a receiver.
	Unsure bool `json:"unsure,omitempty"`
	// Trunk is the id of the trunk that carried or refused the call. Empty: none.
	Trunk string `json:"trunk,omitempty"`
	// T38 is what became of the wish to use T.38 on a call that began with G.711.
	T38 Switch `json:"t38,omitempty"`
	// Traffic is what became of the packets.
	Traffic Traffic `json:"traffic"`
	// Time is how long the call lasted once it was answered, on the line's clock.
	Time time.Duration `json:"time"`
	// Simulated says that no T.30 engine took part: the pages were copied.
	Simulated bool `json:"simulated,omitempty"`
	// Detail is for the log alone. Empty: nothing to add.
	Detail string `json:"detail,omitempty"`
	// Trace is the flight recorder. Nil: there was none.
	Trace *Trace `json:"-"`
}

// Switch is what became of the wish to go from G.711 to T.38 (T.38 Annex D).
type Switch string

// The ends of the wish.
const (
	SwitchNone     Switch = ""         // nobody asked
	SwitchDone     Switch = "done"     // both agreed
	SwitchRefused  Switch = "refused"  // the other end would not: 488, 415, 606, 501
	SwitchDeclined Switch = "declined" // we would not: the settings forbid it, or T.30 had gone too far
)

// Page is a confirmed page: the receiver answered it with MCF or RTP (T.30 5.3.6.1.7).
type Page struct {
	Width  int `json:"width"`  // pixels
	Length int `json:"length"` // rows
	XDPM   int `json:"x_dpm"`  // pixels per metre across: 8031 is 204 dpi
	YDPM   int `json:"y_dpm"`  // rows per metre: 3850 standard, 7700 fine, 15400 superfine
	// BadRows is how many rows arrived damaged, LongestBad the most of them together.
	// Both are zero with ECM, and for a sender, who cannot know.
	BadRows    int `json:"bad_rows,omitempty"`
	LongestBad int `json:"longest_bad,omitempty"`
	// Octets is the page's size on the line.
	Octets int `json:"octets,omitempty"`
	// Retries is how often the receiver asked for parts of the page again (PPR, T.30 A.4.4).
	// Zero without ECM.
	Retries int `json:"retries,omitempty"`
}
