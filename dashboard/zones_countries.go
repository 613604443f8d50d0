package dashboard

import (
	_ "embed" // the two lists
	"slices"
	"strings"

	"github.com/faxgate/faxgate/locale"
)

// zoneNames are the zones of the tz database that belong to a country, one a line,
// and UTC.
//
//go:embed lists/zones.txt
var zoneNames string

// countryNames are the codes of ISO 3166-1 alpha-2, each with the country's name in
// English and in Japanese, as CLDR has them, on a line.
//
//go:embed lists/countries.txt
var countryNames string

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

// unaccented sorts Åland Islands under A.
var unaccented = strings.NewReplacer("Å", "A", "ã", "a", "ç", "c", "é", "e", "í", "i", "ô", "o", "ü", "u")

// countries lists the countries by their names in the language, after an empty
// entry.
func countries(l locale.Language, chosen string) []option {
	var out []option
	for line := range strings.Lines(countryNames) {
		of := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		code, name := of[0], of[1]
		if l == locale.Japanese {
			name = of[2]
		}
		out = append(out, option{code, name, code == chosen})
	}
	slices.SortFunc(out, func(a, b option) int { return strings.Compare(unaccented.Replace(a.Text), unaccented.Replace(b.Text)) })
	return append([]option{{"", locale.Text(l, "setup.no_country", nil), chosen == ""}}, out...)
}
