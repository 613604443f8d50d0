package main_test

import (
	"testing"

	main "github.com/faxgate/faxgate/cmd/faxgate"
	"github.com/faxgate/faxgate/locale"
)

func TestEveryCommandAndFlagHasItsHelp(t *testing.T) {
	t.Parallel()
	ids, err := main.HelpIDs()
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) < 60 {
		t.Errorf("only %d commands and flags were found", len(ids))
	}
	for _, l := range locale.Languages() {
		for _, id := range ids {
			if !locale.Has(l, id) {
				t.Errorf("%s.json lacks %s", l, id)
			}
		}
	}
}
