package phone_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/faxgate/faxgate/phone"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		digits, country            string
		number, of, atHome, abroad string
		possible                   bool
	}{
		{"0312345678", "JP", "+81312345678", "JP", "03-1234-5678", "+81 3-1234-5678", true},
		{"+81312345678", "", "+81312345678", "JP", "03-1234-5678", "+81 3-1234-5678", true},
		{"01014155552671", "JP", "+14155552671", "US", "(415) 555-2671", "+1 415-555-2671", true},
		{"6135550123", "US", "+16135550123", "CA", "(613) 555-0123", "+1 613-555-0123", true},
		{"0669871234", "IT", "+390669871234", "VA", "06 6987 1234", "+39 06 6987 1234", true},
		{"+80012345678", "", "+80012345678", "", "1234 5678", "+800 1234 5678", true},
		{"117", "JP", "+81117", "JP", "117", "+81 117", false},
		{"+999123456789", "", "", "", "", "", false},
		{"0312345678", "", "", "", "", "", false},
		{"0312345678", "-", "", "", "", "", false},
		{"03-1234", "JP", "", "", "", "", false},
		{"", "JP", "", "", "", "", false},
		{"+", "JP", "", "", "", "", false},
	} {
		n, ok := phone.Parse(tt.digits, tt.country)
		if ok != (tt.number != "") {
			t.Errorf("Parse(%q, %s) = %v, %v", tt.digits, tt.country, n, ok)
		}
		if !ok {
			continue
		}
		if n.String() != tt.number || n.Country() != tt.of || n.AtHome() != tt.atHome || n.Abroad() != tt.abroad || n.Possible() != tt.possible {
			t.Errorf("%q in %s: %s of %q, %q, %q, possible: %v", tt.digits, tt.country, n, n.Country(), n.AtHome(), n.Abroad(), n.Possible())
		}
	}
}

func TestTheZeroNumberIsNone(t *testing.T) {
	t.Parallel()
	var n phone.Number
	if n.Possible() || n.Country() != "" || n.AtHome() != "" {
		t.Errorf("%v: possible: %v, %q, %q", n, n.Possible(), n.Country(), n.AtHome())
	}
}

// libphonenumber is held against ours with examples of every kind of number of every
// country, dialled in every way and spoilt, and with digits by chance.
func TestItDecidesAsLibphonenumber(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(164, 123))
	for country := range phonenumbers.GetSupportedRegions() {
		code := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(country))
		nationals := examples(country)
		for range 30 {
			nationals = append(nationals, spoilt(chance, nationals[chance.IntN(len(nationals))]))
		}
		for range 15 {
			nationals = append(nationals, digits(chance, 1+chance.IntN(17)))
		}
		for _, national := range nationals {
			for _, before := range []string{"+" + code, "", "0", "1", "8", "00" + code, "010" + code, "011" + code, code, "+" + code + "0", "+00" + code} {
				same(t, before+national, country)
			}
		}
	}
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		same(t, phonenumbers.Format(phonenumbers.GetExampleNumberForNonGeoEntity(code), phonenumbers.E164), "JP")
	}
	for range 10000 {
		same(t, "+"+digits(chance, 1+chance.IntN(17)), "")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("+81312345678", "")
	f.Add("0312345678", "JP")
	f.Add("0111234", "CA")
	f.Fuzz(func(t *testing.T, text, country string) {
		if rest := strings.TrimPrefix(text, "+"); len(rest) < 64 && strings.Trim(rest, "0123456789") == "" {
			same(t, text, country)
		}
	})
}

// examples are the national numbers of a country that libphonenumber gives as such.
func examples(country string) (nationals []string) {
	for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
		if n := phonenumbers.GetExampleNumberForType(country, kind); n != nil {
			nationals = append(nationals, phonenumbers.GetNationalSignificantNumber(n))
		}
	}
	return nationals
}

// spoilt is a number with another digit, one more, or one less.
func spoilt(chance *rand.Rand, number string) string {
	at := chance.IntN(len(number))
	switch chance.IntN(4) {
	case 0:
		if len(number) > 1 {
			return number[:at] + number[at+1:]
		}
	case 1:
		return number[:at] + digits(chance, 1) + number[at:]
	}
	return number[:at] + digits(chance, 1) + number[at+1:]
}

func digits(chance *rand.Rand, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = '0' + byte(chance.IntN(10))
	}
	return string(text)
}

// same checks that both make the same of what is dialled.
func same(t *testing.T, dialled, country string) {
	t.Helper()
	got, ok := phone.Parse(dialled, country)
	want, err := phonenumbers.Parse(dialled, country)
	switch {
	case ok != (err == nil):
		t.Errorf("Parse(%q, %s) = %s, %v, libphonenumber: %v, %v", dialled, country, got, ok, want, err)
		return
	case !ok:
		return
	}
	wantCountry := phonenumbers.GetRegionCodeForNumber(want)
	if wantCountry == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		wantCountry = ""
	}
	for _, c := range []struct{ what, got, want string }{
		{"number", got.String(), phonenumbers.Format(want, phonenumbers.E164)},
		{"country", got.Country(), wantCountry},
		{"at home", got.AtHome(), phonenumbers.Format(want, phonenumbers.NATIONAL)},
		{"abroad", got.Abroad(), phonenumbers.Format(want, phonenumbers.INTERNATIONAL)},
		{"possible", strconv.FormatBool(got.Possible()), strconv.FormatBool(phonenumbers.IsPossibleNumber(want))},
	} {
		if c.got != c.want {
			t.Errorf("%q dialled in %q: %s %q, libphonenumber has %q", dialled, country, c.what, c.got, c.want)
		}
	}
}
