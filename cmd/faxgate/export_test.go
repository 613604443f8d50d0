package main

import (
	"io"
	"log/slog"
	"maps"
	"slices"

	"github.com/alecthomas/kong"
)

// What the tests, which stand outside the package, need of its inside.
const BatchDelay, BatchBytes = batchDelay, batchBytes

type BatchWriter = batchWriter

func NewBatchWriter(out io.Writer) *BatchWriter { return newBatchWriter(out) }
func NewJSONLines(out io.Writer, level slog.Level) slog.Handler {
	return newJSONLines(out, level)
}

func NewLog(out *BatchWriter, level slog.Level) *slog.Logger { return newLog(out, level) }

// GarbagePercent is the collector's percentage for so many bytes that live.
func GarbagePercent(live uint64) int { return garbagePercent(live) }

// ParseExpiry reads an expiry as `admin token create` does.
var ParseExpiry = parseExpiry

func Main() { main() }

// HelpIDs are the messages of every command, argument and flag.
func HelpIDs() ([]string, error) {
	in := invocation{program: new(program)}
	parser, err := in.grammar()
	if err != nil {
		return nil, err
	}
	ids := make(map[string]bool)
	err = kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		switch n := n.(type) {
		case *kong.Application:
			ids[helpID(n.Node)] = true
		case *kong.Node:
			ids[helpID(n)] = true
		case *kong.Flag:
			ids[flagHelpID(n)] = true
			return nil // its value is not an argument
		case *kong.Value:
			ids[argumentHelpID(n)] = true
		}
		return next(nil)
	})
	return slices.Sorted(maps.Keys(ids)), err
}

// SettingVariables are all settings as the environment names them.
func SettingVariables() ([]string, error) {
	in := invocation{program: new(program)}
	parser, err := in.grammar()
	if err != nil {
		return nil, err
	}
	variables := []string{environmentName("config")}
	for _, name := range settingNames(parser.Model.Node) {
		variables = append(variables, environmentName(name))
	}
	return variables, nil
}
