package locale_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"text/template/parse"

	"github.com/faxgate/faxgate/locale"
)

// message is one entry of a file: its texts by plural form. A message without
// plurals has the form "other" alone.
type message struct {
	forms map[string]string
	blank []string // the placeholders of all forms, sorted
}

// readCatalogue reads a file of the catalogue as it stands, with the ids in its
// own order.
func readCatalogue(l locale.Language) (ids []string, messages map[string]message, err error) {
	raw, err := os.ReadFile(string(l) + ".json")
	if err != nil {
		return nil, nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	messages = make(map[string]message)
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, nil, err
		}
		id := key.(string)
		ids = append(ids, id)
		if messages[id], err = newMessage(value); err != nil {
			return nil, nil, fmt.Errorf("%s.json: %s: %w", l, id, err)
		}
	}
	return ids, messages, nil
}

func newMessage(value any) (message, error) {
	m := message{forms: make(map[string]string)}
	switch v := value.(type) {
	case string:
		m.forms["other"] = v
	case map[string]any:
		for form, text := range v {
			m.forms[form], _ = text.(string)
		}
	}
	blanks := make(map[string]bool)
	for _, text := range m.forms {
		if err := placeholders(text, blanks); err != nil {
			return m, err
		}
	}
	m.blank = slices.Sorted(maps.Keys(blanks))
	return m, nil
}

// placeholders adds the {{.names}} of the text.
func placeholders(text string, into map[string]bool) error {
	trees, err := parse.Parse("message", text, "", "")
	if err != nil {
		return err
	}
	for _, tree := range trees {
		walk(tree.Root, func(n parse.Node) {
			if f, ok := n.(*parse.FieldNode); ok {
				into[f.Ident[0]] = true
			}
		})
	}
	return nil
}

func catalogues(t *testing.T) (en, ja map[string]message) {
	t.Helper()
	_, en, err := readCatalogue(locale.English)
	if err != nil {
		t.Fatal(err)
	}
	_, ja, err = readCatalogue(locale.Japanese)
	if err != nil {
		t.Fatal(err)
	}
	return en, ja
}

func TestFilesAreSortedByID(t *testing.T) {
	t.Parallel()
	for _, l := range locale.Languages() {
		ids, _, err := readCatalogue(l)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(ids); i++ {
			if ids[i-1] >= ids[i] {
				t.Errorf("%s.json: %q stands after %q", l, ids[i], ids[i-1])
			}
		}
	}
}

func TestBothLanguagesHaveTheSameMessages(t *testing.T) {
	t.Parallel()
	en, ja := catalogues(t)
	for _, id := range slices.Sorted(maps.Keys(en)) {
		other, ok := ja[id]
		switch {
		case !ok:
			t.Errorf("ja.json lacks %q", id)
		case !slices.Equal(en[id].blank, other.blank):
			t.Errorf("%s: placeholders %v in English, %v in Japanese", id, en[id].blank, other.blank)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ja)) {
		if _, ok := en[id]; !ok {
			t.Errorf("en.json lacks %q", id)
		}
	}
}

// CLDR: English counts one and other, Japanese other alone.
func TestPluralForms(t *testing.T) {
	t.Parallel()
	en, ja := catalogues(t)
	for id, m := range en {
		forms := slices.Sorted(maps.Keys(m.forms))
		if !slices.Equal(forms, []string{"other"}) && !slices.Equal(forms, []string{"one", "other"}) {
			t.Errorf("en.json: %s has the forms %v", id, forms)
		}
	}
	for id, m := range ja {
		if forms := slices.Collect(maps.Keys(m.forms)); !slices.Equal(forms, []string{"other"}) {
			t.Errorf("ja.json: %s has the forms %v", id, forms)
		}
	}
}

func TestEveryMessageSaysSomething(t *testing.T) {
	t.Parallel()
	en, ja := catalogues(t)
	for l, messages := range map[locale.Language]map[string]message{locale.English: en, locale.Japanese: ja} {
		for id, m := range messages {
			params := map[string]any{}
			for _, name := range m.blank {
				params[name] = 2
			}
			got := locale.Text(l, id, params)
			if got == id || got == "" || strings.Contains(got, "<no value>") {
				t.Errorf("%s.json: Text(%q) = %q", l, id, got)
			}
		}
	}
}
