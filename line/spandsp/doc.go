// Package spandsp binds libspandsp, which speaks T.30 over T.38 and G.711 and writes
// and reads fax TIFFs. It compiles under the build tag spandsp, with cgo, against
// Debian's libspandsp-dev 0.0.6 and against the 3.x fork, and is for cmd/faxmodem
// alone: what a caller sends can crash the library, and Go cannot recover from that.
//
// The library has neither clock nor threads. A Session does something only when it is
// told of a packet, of audio, or that time has passed; one goroutine owns it.
//
// guard.c keeps one malformed frame away from the library that crashes 0.0.6. The
// build tag unguarded leaves it out, so that a test can show the crash.
package spandsp
