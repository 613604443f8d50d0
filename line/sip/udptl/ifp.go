package udptl

import (
	"bytes"
	"fmt"
)

// DataType is by which modem the data of an IFP packet are sent (T.38 7.3.2).
type DataType byte

// The types of data. What is beyond is of later versions of T.38: V.8, V.34 and V.33.
const (
	V21 DataType = iota // the frames of T.30 that control a call; all others are pages and training
	V27ter2400
	V27ter4800
	V29At7200
	V29At9600
	V17At7200
	V17At9600
	V17At12000
	V17At14400
)

// FieldType is what a data field is (T.38 7.4).
type FieldType byte

// The types of data fields.
const (
	HDLCData         FieldType = iota // a part of a frame of T.30, or of a page with ECM
	HDLCSigEnd                        // the carrier ends
	HDLCFCSOK                         // a frame ends
	HDLCFCSBad                        // a frame ends that was damaged
	HDLCFCSOKSigEnd                   // a frame ends, and the carrier
	HDLCFCSBadSigEnd                  // a damaged frame ends, and the carrier
	T4NonECMData                      // a part of a page without ECM, or training
	T4NonECMSigEnd                    // its end
)

// The first octet of an IFP packet: two bits, then an ENUMERATED with more to come.
const (
	hasFields = 0x80 // data-field, OPTIONAL
	isData    = 0x40 // the CHOICE of t30-data; else t30-indicator
	extended  = 0x20 // a value of a later version, in a second octet
)

// WalkIFP calls field for each data field of an IFP packet, in the encoding of version 0
// (T.38 of 1998, Annex A): there the type of a field has three bits and no extension, so
// that a field without data is half an octet. data is a part of ifp, of 1 to 65535
// octets; nil: the field has none. An indicator has no fields. Zeros behind the end are
// those of a packet that was recovered.
//
// The error is ErrMalformed; then what came before was told already, and what is not
// understood may be anything. Version 1 and later are encoded differently: field may
// get the wrong type then, but the right data.
func WalkIFP(ifp []byte, field func(t DataType, f FieldType, data []byte)) error {
	c := cursor{rest: ifp}
	head := c.octet()
	value := c.enumerated(head)
	switch {
	case head&hasFields == 0:
	case head&isData == 0:
		c.fail("an indicator with data")
	case head&extended != 0:
		c.fields(V17At14400+1+DataType(value), field)
	case DataType(value) > V17At14400:
		c.fail("an unknown type of data")
	default:
		c.fields(DataType(value), field)
	}
	if len(bytes.TrimRight(c.rest, "\x00")) > 0 {
		c.fail("something behind the end")
	}
	if c.wrong != "" {
		return fmt.Errorf("%w: %s in a packet of %d octets", ErrMalformed, c.wrong, len(ifp))
	}
	return nil
}

// enumerated is the value in the first octet: of this version in four bits, of a later one
// in a bit that says that it is small and six more (X.691 14.3).
func (c *cursor) enumerated(head byte) byte {
	switch {
	case head&extended == 0:
		return head >> 1 & 0xf
	case head&0x10 != 0:
		c.fail("a large value")
		return 0
	}
	return head&0xf<<2 | c.octet()>>6
}

// fields reads data-field, a SEQUENCE OF (X.691 20). Each begins with half an octet: a bit
// that says whether it has data, and three of its type. Data begin at a whole octet.
func (c *cursor) fields(t DataType, field func(DataType, FieldType, []byte)) {
	var octet byte
	half := false // of octet is left
	for range c.length(2 * len(c.rest)) {
		if half = !half; half {
			octet = c.octet()
		} else {
			octet <<= 4
		}
		var data []byte
		if octet&0x80 != 0 {
			half = false
			data = c.octets(int(c.octet())<<8 + int(c.octet()) + 1) // SIZE (1..65535)
		}
		if c.wrong != "" {
			return
		}
		field(t, FieldType(octet>>4&7), data)
	}
}
