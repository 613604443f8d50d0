package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/page/convert"
)

// What is made in the data folder for faxes on their way: pages while they are made,
// sent and received, and the compiled PDF engine.
const (
	workFolder  = "work"
	cacheFolder = "cache"
)

// t30 is the engine that was found, or why there is none.
type t30 struct {
	engine  *engine.Engine
	version string
	err     error
}

// findEngine looks for the T.30 engine. It starts a process, which others need not
// wait for.
func findEngine(ctx context.Context) <-chan t30 {
	found := make(chan t30, 1)
	go func() {
		e, version, err := engine.Open(ctx)
		found <- t30{e, version, err}
	}()
	return found
}

// faxes makes ready what sending and receiving takes. What an earlier run left in the
// folder of work goes.
func (s *storageSettings) faxes(found t30, log *slog.Logger) (server.Faxes, error) {
	if found.err != nil && !errors.Is(found.err, engine.ErrNoEngine) {
		return server.Faxes{}, found.err
	}
	data, err := filepath.Abs(s.Data)
	work := filepath.Join(data, workFolder)
	if err == nil {
		err = os.RemoveAll(work)
	}
	if err == nil {
		err = os.MkdirAll(work, 0o700)
	}
	if err != nil {
		return server.Faxes{}, fault.New(fault.Unavailable, "data_unusable", "path", s.Data, "cause", cause(err))
	}
	program, err := converter()
	if err != nil {
		return server.Faxes{}, err
	}
	if found.err != nil {
		log.Warn("the test line is simulated", "cause", found.err)
	} else {
		log.Info("T.30 engine", "version", found.version, "path", found.engine.Path)
	}
	return server.Faxes{
		Engine: found.engine, EngineVersion: found.version, Dir: work,
		Converter: &convert.Converter{
			Program: program, Cache: filepath.Join(data, cacheFolder), Office: convert.FindOffice(), Temp: work,
		},
	}, nil
}
