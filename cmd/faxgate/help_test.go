package main_test

import (
	"os"
	"strings"
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

// A row of the table names its variables, and those of files as `…_FILE`.
func TestBothReadmesListEverySetting(t *testing.T) {
	t.Parallel()
	variables, err := main.SettingVariables()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "README.ja.md"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range variables {
			if !listed(string(text), name) {
				t.Errorf("%s lacks %s", file, name)
			}
		}
	}
}

func listed(readme, variable string) bool {
	value, ofFile := strings.CutSuffix(variable, "_FILE")
	for row := range strings.Lines(readme) {
		if !strings.HasPrefix(row, "| `FAXGATE_") {
			continue
		}
		if strings.Contains(row, "`"+variable+"`") || ofFile && strings.Contains(row, "`"+value+"`") && strings.Contains(row, "`…_FILE`") {
			return true
		}
	}
	return false
}
