package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
)

// releaseProgram takes the pages of the program's own file out of the process. The start
// runs the initialisers of hundreds of packages, which stand all over the program, and
// around each page that is touched the kernel maps 64 KiB or more: that is most of what
// the process weighs, and serving needs a fraction of it. The pages stay in the kernel's
// cache, so that those that are needed again cost a minor fault (madvise(2),
// MADV_DONTNEED).
func releaseProgram() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer smaps.Close()
	found, err := programMappings(smaps, program)
	for _, m := range found {
		if _, _, code := syscall.Syscall(syscall.SYS_MADVISE, m.from, m.to-m.from, syscall.MADV_DONTNEED); code != 0 {
			err = errors.Join(err, fmt.Errorf("madvise: %w", code))
		}
	}
	return err
}

// mapping is a range of the address space.
type mapping struct{ from, to uintptr }

// programMappings finds, in the text of proc_pid_smaps(5), the mappings that are nothing
// but the program's file. Letting go of others would lose what was written: those that
// may be written, and those with pages that are the process's own ("Anonymous"), such as
// the relocations of a position-independent program or a debugger's breakpoints.
func programMappings(smaps io.Reader, program string) (found []mapping, err error) {
	lines := bufio.NewScanner(smaps)
	ours := false // is the mapping at hand the last one found?
	for lines.Scan() {
		line := lines.Text()
		key, value, _ := strings.Cut(line, " ")
		if !strings.HasSuffix(key, ":") { // the head: addresses, mode, offset, device, inode, path
			ours = strings.HasSuffix(line, " "+program) && !strings.Contains(value[:min(len(value), 4)], "w")
			if ours {
				var m mapping
				if _, err := fmt.Sscanf(key, "%x-%x", &m.from, &m.to); err != nil {
					return nil, fmt.Errorf("%q: %w", line, err)
				}
				found = append(found, m)
			}
			continue
		}
		if own := key == "Anonymous:" || key == "Swap:"; ours && own && strings.TrimSpace(value) != "0 kB" {
			found, ours = slices.Delete(found, len(found)-1, len(found)), false
		}
	}
	return found, lines.Err()
}
