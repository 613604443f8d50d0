package storetest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// removeLeftovers removes the directories of servers whose tests were killed before
// they could do so themselves.
func removeLeftovers() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < 10*time.Minute || serverRuns(dir) {
			continue // gone already, about to start, or at work
		}
		_ = os.RemoveAll(dir) // another user's stays
	}
}

// serverRuns reports whether the process that the directory names is there.
func serverRuns(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return false
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	return err == nil && syscall.Kill(pid, 0) != syscall.ESRCH
}
