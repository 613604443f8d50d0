//go:build ignore

// Generate makes plans.txt, the numbering plans of all countries as package phone reads
// them, from the metadata of libphonenumber (Apache-2.0) that
// github.com/nyaruka/phonenumbers carries. That package unpacks all of it when a program
// starts; only this one and the tests link it.
//
// A plan is a block of lines, "key<TAB>value", and a blank line ends it:
//
//	plan     country (ISO 3166-1 alpha-2; none: -), country code (ITU-T E.164)
//	lengths  how many digits its national numbers have
//	local    how many digits numbers have that are dialled within an area only
//	abroad   what is dialled before a country code (E.164: international prefix)
//	trunk    what is dialled before a national number (E.164: national prefix)
//	becomes  what the trunk prefix is replaced by; absent: nothing
//	general  all national numbers
//	begins   how those begin that are the country's, where others share its code
//	known    those that are the country's, where others share its code
//	format   digits, how they begin, written at home, written abroad
//
// Plans stand in the order of their codes; of those that share a code the first one has
// the formats of all.
package main

import (
	"bytes"
	"fmt"
	"log"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

func main() {
	log.SetFlags(0)
	text, err := plans()
	if err == nil {
		err = os.WriteFile("plans.txt", text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// plans is the whole file.
func plans() ([]byte, error) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, err
	}
	found := make(map[string]*phonenumbers.PhoneMetadata)
	for _, m := range all.GetMetadata() {
		found[name(m.GetId(), int(m.GetCountryCode()))] = m
	}
	var out bytes.Buffer
	for _, code := range slices.Sorted(maps.Keys(phonenumbers.GetSupportedCallingCodes())) {
		regions := phonenumbers.GetRegionCodesForCountryCode(code)
		for i, region := range regions {
			writePlan(&out, found[name(region, code)], i == 0, len(regions) > 1)
		}
	}
	if bytes.ContainsAny(out.Bytes(), "\r") {
		return nil, fmt.Errorf("a pattern goes over two lines")
	}
	return out.Bytes(), nil
}

// name tells the plans apart: networks of no country are all called 001.
func name(region string, code int) string { return fmt.Sprint(region, code) }

// writePlan writes a block. The first one of a code has the formats; a country that
// shares its code says which numbers are its own.
func writePlan(out *bytes.Buffer, m *phonenumbers.PhoneMetadata, first, shared bool) {
	region := m.GetId()
	if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		region = "-"
	}
	general := m.GetGeneralDesc()
	writeLine(out, "plan", region, fmt.Sprint(m.GetCountryCode()))
	writeLine(out, "lengths", strings.Trim(fmt.Sprint(general.GetPossibleLength()), "[]"))
	writeLine(out, "local", strings.Trim(fmt.Sprint(general.GetPossibleLengthLocalOnly()), "[]"))
	writeLine(out, "abroad", m.GetInternationalPrefix())
	writeLine(out, "trunk", m.GetNationalPrefixForParsing())
	writeLine(out, "becomes", template(m.GetNationalPrefixTransformRule()))
	writeLine(out, "general", general.GetNationalNumberPattern())
	switch {
	case shared && m.GetLeadingDigits() != "":
		writeLine(out, "begins", m.GetLeadingDigits())
	case shared:
		writeLine(out, "known", strings.Join(patterns(m), "|"))
	}
	if first {
		writeFormats(out, m.GetNumberFormat(), m.GetIntlNumberFormat())
	}
	out.WriteString("\n")
}

// writeLine writes a key with its values, unless there is none.
func writeLine(out *bytes.Buffer, key string, values ...string) {
	if strings.Join(values, "") != "" {
		fmt.Fprintf(out, "%s\t%s\n", key, strings.Join(values, "\t"))
	}
}

// patterns are those of each kind of number that a country has.
func patterns(m *phonenumbers.PhoneMetadata) (all []string) {
	for _, d := range []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(),
		m.GetVoip(), m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	} {
		if p := d.GetNationalNumberPattern(); p != "" && p != "NA" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// writeFormats writes how numbers are written. Most are written abroad as they are at
// home, without the trunk prefix; where a country has formats of its own for that, they
// come in the same order, and some of those at home have none.
func writeFormats(out *bytes.Buffer, home, abroad []*phonenumbers.NumberFormat) {
	separate := len(abroad) > 0
	for _, f := range home {
		outside := ""
		switch {
		case !separate:
			outside = f.GetFormat()
		case len(abroad) > 0 && sameNumbers(f, abroad[0]):
			outside, abroad = abroad[0].GetFormat(), abroad[1:]
		}
		writeLine(out, "format", f.GetPattern(), beginning(f), template(atHome(f)), template(outside))
	}
	for _, f := range abroad {
		writeLine(out, "format", f.GetPattern(), beginning(f), "", template(f.GetFormat()))
	}
}

func sameNumbers(a, b *phonenumbers.NumberFormat) bool {
	return a.GetPattern() == b.GetPattern() && beginning(a) == beginning(b)
}

// beginning is the most detailed of the patterns for a number's first digits.
func beginning(f *phonenumbers.NumberFormat) string {
	if all := f.GetLeadingDigitsPattern(); len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

var (
	group      = regexp.MustCompile(`\$\d`)
	firstGroup = regexp.MustCompile(`^([^$]*)\$\d`)
)

// atHome is the format with what is written before the first group, such as "(0$1)".
func atHome(f *phonenumbers.NumberFormat) string {
	rule := f.GetNationalPrefixFormattingRule()
	if rule == "" {
		return f.GetFormat()
	}
	before := firstGroup.FindStringSubmatch(f.GetFormat())
	if before == nil {
		log.Fatalf("no group in the format %q", f.GetFormat())
	}
	return before[1] + rule + strings.TrimPrefix(f.GetFormat(), before[0])
}

// template is a replacement as package regexp reads it: $1 may have digits after it.
func template(text string) string {
	return group.ReplaceAllStringFunc(text, func(g string) string { return "${" + g[1:] + "}" })
}
