// Package engine runs the T.30 engine: one process of cmd/faxmodem for each call,
// spoken to over its pipe (package line/pipe). The library inside can be crashed by
// what a caller sends; then this call ends with the outcome engine_crashed, and nobody
// else notices.
//
// The caller has the clock. A line over a real network advances a Session as real time
// passes; a line of two engines back to back advances both as fast as they go.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/faxgate/faxgate/line"
)

// Program is the name of the engine's program.
const Program = "faxmodem"

// ErrNoEngine means that there is no faxmodem, or one without a T.30 engine in it.
var ErrNoEngine = errors.New("no T.30 engine")

// Engine starts calls. Its fields do not change while it is used, by any number of
// goroutines.
type Engine struct {
	Path string // of faxmodem; see Find
	// StepTimeout is how long faxmodem may take to answer, in real time, before it is
	// killed. Coding a page takes tens of milliseconds; a slow disk takes seconds.
	// Zero: 15 s.
	StepTimeout time.Duration
}

// Find looks for faxmodem beside the running program, then in PATH.
func Find() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), Program)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(Program)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	return filepath.Abs(path)
}

// Open finds faxmodem and asks it for its version. The error is ErrNoEngine when there
// is none, or none with a T.30 engine in it.
func Open(ctx context.Context) (e *Engine, version string, err error) {
	path, err := Find()
	if err != nil {
		return nil, "", err
	}
	e = &Engine{Path: path}
	if version, err = e.Version(ctx); err != nil {
		return nil, "", err
	}
	return e, version, nil
}

// Version names the T.30 engine in faxmodem, such as "libspandsp 0.0.6". The error is
// ErrNoEngine when there is none.
func (e *Engine) Version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, e.stepTimeout())
	defer cancel()
	cmd := exec.CommandContext(ctx, e.Path, "version")
	cmd.Env = []string{}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrNoEngine, e.Path, err)
	}
	return strings.TrimSpace(string(out)), nil
}

func (e *Engine) stepTimeout() time.Duration {
	if e.StepTimeout > 0 {
		return e.StepTimeout
	}
	return 15 * time.Second
}

// Start starts a process for call. document is the TIFF that a sender sends, open for
// reading, or the empty file that a receiver writes, open for both; it stays the
// caller's and may be closed when Start returns. Close the session when the call is
// over, whatever happened.
func (e *Engine) Start(call line.Call, document *os.File) (*Session, error) {
	if err := call.Check(); err != nil {
		return nil, err
	}
	p, err := startProcess(e.Path, document)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", Program, err)
	}
	return newSession(call, p, e.stepTimeout())
}
