package main

import "io"

// ProgramMappings are the ranges of addresses that may be let go.
func ProgramMappings(smaps io.Reader, program string) (ranges [][2]uintptr, err error) {
	found, err := programMappings(smaps, program)
	for _, m := range found {
		ranges = append(ranges, [2]uintptr{m.from, m.to})
	}
	return ranges, err
}

// ReleaseProgram lets go of the pages of the test's own program.
var ReleaseProgram = releaseProgram
