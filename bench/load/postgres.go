package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// makeKey writes a master key: with PostgreSQL there is no data directory that
// could hold one.
func makeKey(path string) error {
	var key [32]byte
	rand.Read(key[:])
	return os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600)
}

// startPostgres runs Debian's PostgreSQL on the server's core, with every commit
// on disk, as it comes.
func startPostgres(ctx context.Context, dir string) (url string, stop func(), err error) {
	installed, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(installed) == 0 {
		return "", nil, errors.New("PostgreSQL is missing: apt-get install postgresql")
	}
	bin := slices.Max(installed)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		return "", nil, err
	}
	var as []string
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		as = []string{"runuser", "-u", "postgres", "--"}
		if out, err := exec.CommandContext(ctx, "chown", "postgres", dir).CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("%w: %s", err, out)
		}
	}
	command := func(args ...string) *exec.Cmd {
		args = append(slices.Clone(as), args...)
		return exec.CommandContext(ctx, args[0], args[1:]...)
	}
	data := filepath.Join(dir, "data")
	if out, err := command(bin+"/initdb", "-D", data, "-U", "faxgate", "-A", "trust", "--no-sync").CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	address, err := freeAddress()
	if err != nil {
		return "", nil, err
	}
	_, port, _ := strings.Cut(address, ":")
	server := command("taskset", "-c", serverCore, bin+"/postgres", "-D", data, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1")
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = command(bin+"/pg_ctl", "-D", data, "stop", "-m", "fast").Run()
		_ = server.Wait()
	}
	for range 100 {
		if command(bin+"/pg_isready", "-h", "127.0.0.1", "-p", port).Run() == nil {
			return "postgres://faxgate@" + address + "/postgres?sslmode=disable", stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	return "", nil, errors.New("PostgreSQL does not answer")
}
