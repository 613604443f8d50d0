package dashboard

import (
	"fmt"
	"strings"
)

// input is a form field with its label, hint and error, as the shared part "field"
// shows it.
type input struct {
	Name, Label, Hint, Value, Type string
	Autocomplete                   string
	ID                             string
	Error                          string
	Optional, Short                bool
	Min, Max                       string
	Options                        []option // not nil: a list to choose from
	Groups                         []group  // the same in groups
	DetectZone                     bool
	Rows                           int // not zero: a field of so many lines
}

// option is an entry of a list.
type option struct {
	Value, Text string
	Selected    bool
}

// group is options under a heading.
type group struct {
	Name    string
	Options []option
}

// newInput makes the field of a page from alternating keys and values: label, hint,
// type, value, autocomplete, id, optional, short, min, max, options, groups,
// detectzone, rows. What was typed before stands in it again, save passwords.
func newInput(page framed, name string, params ...any) (input, error) {
	f := page.base()
	in := input{Name: name, ID: name, Type: "text"}
	for i := 0; i+1 < len(params); i += 2 {
		if err := in.set(params[i].(string), params[i+1]); err != nil {
			return in, err
		}
	}
	if f.Values.Has(name) && in.Type != "password" {
		in.Value = f.Values.Get(name)
		choose(in.Options, in.Value)
		for _, g := range in.Groups {
			choose(g.Options, in.Value)
		}
	}
	if f.Problem != nil && f.Problem.Field == name {
		in.Error = f.Problem.Sentence
	}
	return in, nil
}

func (in *input) set(key string, value any) error {
	switch v := value.(type) {
	case []option:
		in.Options = v
		return nil
	case []group:
		in.Groups = v
		return nil
	case int:
		if key == "rows" {
			in.Rows = v
			return nil
		}
	case bool:
		flag, ok := map[string]*bool{"optional": &in.Optional, "short": &in.Short, "detectzone": &in.DetectZone}[key]
		if ok {
			*flag = v
			return nil
		}
	case string:
		text, ok := map[string]*string{
			"label": &in.Label, "hint": &in.Hint, "type": &in.Type, "value": &in.Value,
			"autocomplete": &in.Autocomplete, "id": &in.ID, "min": &in.Min, "max": &in.Max,
		}[key]
		if ok {
			*text = v
			return nil
		}
	}
	return fmt.Errorf("input %s: no setting %s of type %T", in.Name, key, value)
}

// Described lists the ids of what explains the field, for aria-describedby.
func (in input) Described() string {
	var ids []string
	if in.Hint != "" {
		ids = append(ids, in.ID+"-hint")
	}
	if in.Error != "" {
		ids = append(ids, in.ID+"-error")
	}
	return strings.Join(ids, " ")
}

func choose(options []option, value string) {
	for i := range options {
		options[i].Selected = options[i].Value == value
	}
}
