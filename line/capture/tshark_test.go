package capture_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tshark dissects a capture with every checksum checked, and gives the fields of each
// packet that the filter selects, joined by spaces.
func tshark(t *testing.T, file []byte, filter string, fields ...string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "call.pcapng")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-r", path, "-Y", filter, "-T", "fields", "-E", "separator=/s",
		"-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	var errors strings.Builder
	cmd := exec.Command("tshark", args...)
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, errors.String())
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}
