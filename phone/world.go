package phone

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// plansText is what plans/generate.go wrote, which says how to read it.
//
//go:generate sh -c "cd plans && go run generate.go"
//go:embed plans/plans.txt
var plansText string

// atlas is all plans. Each is read when it is first asked for.
type atlas struct {
	countries map[string]func() *plan
	codes     map[string][]func() *plan // the first one of a code has the formats of all
}

// world is the atlas of plansText.
var world = sync.OnceValue(func() atlas {
	a := atlas{make(map[string]func() *plan), make(map[string][]func() *plan)}
	for text := range strings.SplitSeq(strings.TrimSpace(plansText), "\n\n") {
		head, _, _ := strings.Cut(text, "\n")
		names := strings.Split(head, "\t") // plan, country, code
		read := sync.OnceValue(func() *plan { return readPlan(text) })
		a.countries[names[1]] = read
		a.codes[names[2]] = append(a.codes[names[2]], read)
	}
	return a
})

// country is the plan of a country, or nil.
func (a atlas) country(name string) *plan {
	if read, found := a.countries[name]; found && name != noCountry {
		return read()
	}
	return nil
}

// first is the first plan of a code, or nil.
func (a atlas) first(code string) *plan {
	if sharing := a.codes[code]; len(sharing) > 0 {
		return sharing[0]()
	}
	return nil
}

// noCountry stands for the country of a network that has none.
const noCountry = "-"

// readPlan reads a block. The text is the program's own: a fault in it is one in the
// program.
func readPlan(text string) *plan {
	p := new(plan)
	for line := range strings.Lines(text) {
		values := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		key, value := values[0], values[1]
		switch key {
		case "plan":
			p.code = values[2]
			if value != noCountry {
				p.country = value
			}
		case "lengths":
			p.lengths = readLengths(value)
		case "local":
			p.local = readLengths(value)
		case "abroad":
			p.prefix.abroad = beginning(value)
		case "trunk":
			p.prefix.trunk = beginning(value)
		case "becomes":
			p.prefix.becomes = value
		case "general":
			p.general = whole(value)
		case "begins":
			p.begins = beginning(value)
		case "known":
			p.known = whole(value)
		case "format":
			p.formats = append(p.formats, format{whole(value), beginning(values[2]), values[3], values[4]})
		default:
			panic(fmt.Sprintf("plans.txt: %q in the plan of +%s", key, p.code))
		}
	}
	return p
}

func readLengths(text string) (l lengths) {
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.Atoi(word)
		if err != nil {
			panic("plans.txt: " + err.Error())
		}
		l |= 1 << n
	}
	return l
}
