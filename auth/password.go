package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/faxgate/faxgate/fault"
)

const (
	waitersPerHash = 32              // about a second of waiting
	idleBeforeFree = 2 * time.Second // after the last hash
	maxPHCLength   = 256             // bytes
)

// argonCost is what one hash costs (RFC 9106 3.1).
type argonCost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
	salt    int // bytes
	tag     int // bytes
}

var (
	// currentCost is the recommendation of the OWASP Password Storage Cheat Sheet.
	currentCost = argonCost{memory: 19 * 1024, passes: 2, threads: 1, salt: 16, tag: 32}

	// A row of the database must not make the server take gigabytes or minutes.
	minCost = argonCost{memory: 8, passes: 1, threads: 1, salt: 8, tag: 16}
	maxCost = argonCost{memory: 64 * 1024, passes: 8, threads: 4, salt: 64, tag: 64}
)

// Passwords hashes passwords with argon2id, 19 MiB and 20 ms of one core each, and
// keeps their number at a time bounded. It is safe for concurrent use.
type Passwords struct {
	running chan struct{} // one element for each hash at work
	waiting atomic.Int64  // those at work included
	idle    *time.Timer
}

// NewPasswords makes a hasher that runs parallel hashes at once. Zero: as many as
// Go uses processors.
func NewPasswords(parallel int) *Passwords {
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	p := &Passwords{running: make(chan struct{}, parallel)}
	p.idle = time.AfterFunc(math.MaxInt64, p.free)
	return p
}

// Hash gives the PHC string of the password, with a new salt. When too many
// callers wait already, the error is fault.Unavailable.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	var salt [16]byte
	rand.Read(salt[:]) // never fails (crypto/rand since Go 1.24)
	tag, err := p.derive(ctx, password, salt[:], currentCost)
	if err != nil {
		return "", err
	}
	return formatPHC(currentCost, salt[:], tag), nil
}

// HashNew hashes a password that somebody has just chosen, if CheckPassword finds it
// good enough. hints are what it must not be made of.
func (p *Passwords) HashNew(ctx context.Context, password string, hints ...string) (string, error) {
	if err := CheckPassword(password, hints...); err != nil {
		return "", err
	}
	return p.Hash(ctx, password)
}

// Verify compares the password with a PHC string that Hash made, in constant time.
// rehash says that the string was made at another cost than today's, and should be
// replaced now that the password is at hand. An empty string matches no password: ok is
// false, and the call takes as long as any other.
func (p *Passwords) Verify(ctx context.Context, password, phc string) (ok, rehash bool, err error) {
	if phc == "" {
		return false, false, p.VerifyNobody(ctx, password)
	}
	cost, salt, want, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	got, err := p.derive(ctx, password, salt, cost)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(got, want) == 1
	return ok, ok && cost != currentCost, nil
}

// VerifyNobody takes the time that Verify takes, for an account that does not
// exist. The error is that of the waiting, as for Verify.
func (p *Passwords) VerifyNobody(ctx context.Context, password string) error {
	var salt [16]byte
	_, err := p.derive(ctx, password, salt[:], currentCost)
	return err
}

func (p *Passwords) derive(ctx context.Context, password string, salt []byte, cost argonCost) ([]byte, error) {
	if err := p.acquire(ctx); err != nil {
		return nil, err
	}
	defer p.release()
	return argon2.IDKey([]byte(preparePassword(password)), salt, cost.passes, cost.memory, cost.threads, uint32(cost.tag)), nil
}

func (p *Passwords) acquire(ctx context.Context) error {
	if p.waiting.Add(1) > int64(cap(p.running))*(1+waitersPerHash) {
		p.waiting.Add(-1)
		return fault.New(fault.Unavailable, "busy").After(time.Second)
	}
	select {
	case p.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		p.waiting.Add(-1)
		return fmt.Errorf("wait for a password hash: %w", ctx.Err())
	}
}

func (p *Passwords) release() {
	<-p.running
	if p.waiting.Add(-1) == 0 {
		p.idle.Reset(idleBeforeFree)
	}
}

// free gives the memory of the last hashes back to the operating system. The
// runtime by itself keeps it until the next collection, which a quiet server puts
// off for two minutes.
func (p *Passwords) free() {
	if p.waiting.Load() == 0 {
		debug.FreeOSMemory()
	}
}

// preparePassword makes one text of the different ways in which keyboards and
// systems enter the same characters (RFC 8265 4.2.2): NFC, and every kind of space,
// such as the wide one of Japanese keyboards, as the plain one. Nothing is
// forbidden, and bytes that are not UTF-8 stay as they are.
func preparePassword(password string) string {
	if !utf8.ValidString(password) {
		return password
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password))
}

func formatPHC(c argonCost, salt, tag []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, c.memory, c.passes, c.threads, b64.EncodeToString(salt), b64.EncodeToString(tag))
}

// parsePHC reads what formatPHC writes, and nothing else. No part of the string
// appears in its errors.
func parsePHC(phc string) (c argonCost, salt, tag []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(phc) > maxPHCLength || len(parts) != 6 {
		return c, nil, nil, errPHC("shape")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return c, nil, nil, errPHC("parameters")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return c, nil, nil, errPHC("salt")
	}
	if tag, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return c, nil, nil, errPHC("hash")
	}
	c.salt, c.tag = len(salt), len(tag)
	if !c.within(minCost, maxCost) {
		return c, nil, nil, errPHC("cost")
	}
	if formatPHC(c, salt, tag) != phc {
		return c, nil, nil, errPHC("form")
	}
	return c, salt, tag, nil
}

func errPHC(what string) error { return fmt.Errorf("password hash of the database: bad %s", what) }

func (c argonCost) within(low, high argonCost) bool {
	return low.memory <= c.memory && c.memory <= high.memory &&
		low.passes <= c.passes && c.passes <= high.passes &&
		low.threads <= c.threads && c.threads <= high.threads &&
		low.salt <= c.salt && c.salt <= high.salt &&
		low.tag <= c.tag && c.tag <= high.tag
}
