package dashboard

import (
	_ "embed" // the two lists
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/faxgate/faxgate/locale"
)

// zoneNames are the zones of the tz database that belong to a country, one a line,
// and UTC.
//
//go:embed lists/zones.txt
var zoneNames string

// countryCodes are the codes of ISO 3166-1 alpha-2, one a line.
//
//go:embed lists/countries.txt
var countryCodes string

// zones groups the time zones by region, for a list to choose from. One that is in
// use and not in the list is added; nothing chosen is UTC.
func zones(chosen string) []group {
	names := strings.Fields(zoneNames)
	if chosen == "" {
		chosen = "UTC"
	}
	if !slices.Contains(names, chosen) {
		names = append(names, chosen)
		slices.Sort(names)
	}
	var groups []group
	for _, name := range names {
		region, _, found := strings.Cut(name, "/")
		if !found {
			region = "UTC"
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.Name == region })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{Name: region})
		}
		groups[i].Options = append(groups[i].Options, option{name, name, name == chosen})
	}
	return groups
}

// renamed are countries that changed their names after the tables were made.
var renamed = map[locale.Language]map[string]string{
	locale.English:  {"MK": "North Macedonia", "SZ": "Eswatini"},
	locale.Japanese: {"MK": "北マケドニア", "SZ": "エスワティニ"},
}

// unaccented sorts Åland Islands under A.
var unaccented = strings.NewReplacer("Å", "A", "ã", "a", "ç", "c", "é", "e", "í", "i", "ô", "o", "ü", "u")

// countries lists the countries by their names in the language, after an empty
// entry.
func countries(l locale.Language, chosen string) []option {
	names := display.English.Regions()
	if l == locale.Japanese {
		names = display.Japanese.Regions()
	}
	var out []option
	for code := range strings.FieldsSeq(countryCodes) {
		name := renamed[l][code]
		if name == "" {
			name = names.Name(language.MustParseRegion(code))
		}
		out = append(out, option{code, name, code == chosen})
	}
	slices.SortFunc(out, func(a, b option) int { return strings.Compare(unaccented.Replace(a.Text), unaccented.Replace(b.Text)) })
	return append([]option{{"", locale.Text(l, "setup.no_country", nil), chosen == ""}}, out...)
}
