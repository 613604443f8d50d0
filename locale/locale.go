// Package locale holds every sentence that a person meets, in English and in
// Japanese, and decides which of the two to use (RFC 9110 12.5.4). A message has
// an id, and its text stands under that id in en.json and ja.json.
//
// What comes out is plain text: whoever puts it into HTML escapes it there.
// The files are read at the first use of their language, not at start-up.
package locale

import (
	"embed"
	"encoding/json"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Language is a language that the catalogue has. Every other value, the empty
// one too, is served as English.
type Language string

// The languages of the catalogue, by their ISO 639-1 codes.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// Languages are all of them, in the order in which they are offered.
func Languages() []Language { return []Language{English, Japanese} }

// Text is the message in the language, its placeholders filled from params.
//
// Integers are grouped by thousands, a time.Time is written as DateTime writes it
// in its own zone, a time.Duration as Duration does, and a []string as a list;
// everything else appears as fmt prints it. An integer named "count" selects the
// singular or the plural.
//
// A message that the language lacks is given in English, and an id that nobody
// knows is given back itself.
func Text(l Language, id string, params map[string]any) string {
	if s, ok := catalogueOf(l).text(l, id, params); ok {
		return s
	}
	if s, ok := catalogueOf(English).text(English, id, params); ok {
		return s
	}
	return id
}

// Has reports whether the language itself has the message; English does not
// stand in for it here.
func Has(l Language, id string) bool {
	_, ok := catalogueOf(l).ids[id]
	return ok
}

//go:embed en.json ja.json
var files embed.FS

// catalogue is the messages of one language.
type catalogue struct {
	ids       map[string]struct{}
	localizer *i18n.Localizer
}

// A language takes about 2 ms and half a megabyte to read, so that one that
// nobody asks for is never read.
var (
	english  = sync.OnceValue(func() *catalogue { return load(English) })
	japanese = sync.OnceValue(func() *catalogue { return load(Japanese) })
)

func catalogueOf(l Language) *catalogue {
	if l == Japanese {
		return japanese()
	}
	return english()
}

// load panics on a malformed file: the files are compiled in, and the tests read
// them.
func load(l Language) *catalogue {
	tag := language.Make(string(l))
	bundle := i18n.NewBundle(tag)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	file, err := bundle.LoadMessageFileFS(files, string(l)+".json")
	if err != nil {
		panic("locale: " + err.Error())
	}
	c := &catalogue{
		ids:       make(map[string]struct{}, len(file.Messages)),
		localizer: i18n.NewLocalizer(bundle, string(l)),
	}
	for _, m := range file.Messages {
		c.ids[m.ID] = struct{}{}
	}
	return c
}

// text reports false when the catalogue lacks the message.
func (c *catalogue) text(l Language, id string, params map[string]any) (string, bool) {
	if _, ok := c.ids[id]; !ok {
		return "", false
	}
	config := i18n.LocalizeConfig{MessageID: id}
	if len(params) > 0 {
		config.TemplateData = shown(l, params)
		if n, ok := integer(params["count"]); ok {
			config.PluralCount = n
		}
	}
	s, err := c.localizer.Localize(&config)
	return s, err == nil
}
