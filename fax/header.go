package fax

import (
	"strings"
	"time"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/phone"
)

// Stamp gives pages with a header line each, drawn as pixels.
type Stamp func(from page.Source, h page.Header) page.Source

// header is the line on each page of a document that goes from one number to another at
// a time; nil: there is none.
//
// It is drawn when the call is made, and again whenever the pages are looked at: one
// document goes to many numbers, perhaps from several, and the law asks for the time at
// which it is sent (47 CFR 68.318(d)).
func (d Document) header(from, to string, at time.Time) *page.Header {
	if !d.Headed {
		return nil
	}
	return &page.Header{
		Time: in(at, d.TimeZone), Name: d.Header, From: spaced(from), To: spaced(to), Language: locale.Match(d.Language, ""),
	}
}

// Sender is what the header line says of the sender: name and number. Empty: there is no
// such line, or it names nobody.
func (f Fax) Sender() string {
	if !f.Document.Headed {
		return ""
	}
	number := f.From
	if number == NoNumber {
		number = ""
	}
	return strings.TrimSpace(f.Document.Header + " " + number)
}

// spaced is a number as people write it for people in another country (ITU-T E.123 2.3).
func spaced(number string) string { return writtenIn(number, "") }

// writtenIn is a number as people write it in a country; empty: for people elsewhere.
func writtenIn(number, country string) string {
	if number == NoNumber {
		return ""
	}
	main, extension := dialled(number)
	if n, ok := phone.Parse(main, ""); ok {
		main = n.Abroad()
		if country != "" && n.Country() == country {
			main = n.AtHome()
		}
	}
	if extension != "" {
		main += " * " + extension
	}
	return main
}

// in is a time in a zone of an IANA name; in UTC where the name is none.
func in(at time.Time, name string) time.Time {
	if zone, err := time.LoadLocation(name); err == nil {
		return at.In(zone)
	}
	return at.UTC()
}
