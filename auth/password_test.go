package auth_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

const passphrase = "violet kettle maps river sunday"

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(0)
	phc, err := p.Hash(t.Context(), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("Hash = %s", phc)
	}
	if again, _ := p.Hash(t.Context(), passphrase); again == phc {
		t.Error("two hashes have the same salt")
	}
	for password, want := range map[string]bool{
		passphrase:                             true,
		passphrase + " ":                       false,
		strings.ToUpper(passphrase):            false,
		"violet\u3000kettle maps river sunday": true, // the wide space of a Japanese keyboard
		"":                                     false,
	} {
		ok, rehash, err := p.Verify(t.Context(), password, phc)
		if ok != want || rehash || err != nil {
			t.Errorf("Verify(%q) = %t, %t, %v", password, ok, rehash, err)
		}
	}
}

// RFC 8265 4.2.2: the same characters match however they were composed.
func TestTheSameCharactersInOtherCodePointsMatch(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(0)
	phc, err := p.Hash(t.Context(), "cafe\u0301 ga\u304b\u3099")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := p.Verify(t.Context(), "caf\u00e9 ga\u304c", phc); !ok || err != nil {
		t.Errorf("Verify = %t, %v", ok, err)
	}
}

func TestVerifyKnowsOtherImplementations(t *testing.T) {
	t.Parallel()
	// The test vector of the reference implementation (phc-winner-argon2, test.c):
	// "password" and "somesalt" at 256 KiB.
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	p := auth.NewPasswords(0)
	ok, rehash, err := p.Verify(t.Context(), "password", phc)
	if !ok || !rehash || err != nil {
		t.Errorf("Verify = %t, %t, %v", ok, rehash, err)
	}
	ok, rehash, err = p.Verify(t.Context(), "passwore", phc)
	if ok || rehash || err != nil {
		t.Errorf("Verify of a wrong one = %t, %t, %v", ok, rehash, err)
	}
}

func TestVerifyRefusesWhatHashNeverWrote(t *testing.T) {
	t.Parallel()
	const salt, tag = "c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	p := auth.NewPasswords(0)
	for name, phc := range map[string]string{
		"no PHC string":    "plain text",
		"another hash":     "$argon2i$v=19$m=256,t=2,p=1$" + salt + "$" + tag,
		"another version":  "$argon2id$v=16$m=256,t=2,p=1$" + salt + "$" + tag,
		"4 TiB":            "$argon2id$v=19$m=4294967295,t=2,p=1$" + salt + "$" + tag,
		"128 MiB":          "$argon2id$v=19$m=131072,t=2,p=1$" + salt + "$" + tag,
		"no memory":        "$argon2id$v=19$m=0,t=2,p=1$" + salt + "$" + tag,
		"a million passes": "$argon2id$v=19$m=256,t=1000000,p=1$" + salt + "$" + tag,
		"no pass":          "$argon2id$v=19$m=256,t=0,p=1$" + salt + "$" + tag,
		"255 threads":      "$argon2id$v=19$m=256,t=2,p=255$" + salt + "$" + tag,
		"no thread":        "$argon2id$v=19$m=256,t=2,p=0$" + salt + "$" + tag,
		"overflow":         "$argon2id$v=19$m=256,t=2,p=257$" + salt + "$" + tag,
		"a sign":           "$argon2id$v=19$m=+256,t=2,p=1$" + salt + "$" + tag,
		"more after it":    "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + tag + "$",
		"no salt":          "$argon2id$v=19$m=256,t=2,p=1$$" + tag,
		"no hash":          "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$",
		"a short hash":     "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$nf65EOg",
		"no base64":        "$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + "!!!!",
		"a huge salt":      "$argon2id$v=19$m=256,t=2,p=1$" + strings.Repeat("A", 1<<20) + "$" + tag,
	} {
		ok, _, err := p.Verify(t.Context(), "password", phc)
		if ok || err == nil || fault.Of(err) != nil {
			t.Errorf("%s: Verify = %t, %v", name, ok, err)
		}
		if err != nil && strings.Contains(err.Error(), tag[:8]) {
			t.Errorf("%s: the hash is in the error: %v", name, err)
		}
	}
}

func TestAnAccountWithoutAPasswordHasNone(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(0)
	if ok, rehash, err := p.Verify(t.Context(), "", ""); ok || rehash || err != nil {
		t.Errorf("Verify = %t, %t, %v", ok, rehash, err)
	}
	if err := p.VerifyNobody(t.Context(), passphrase); err != nil {
		t.Error(err)
	}
}

// A thousand at once: as many as may wait get an answer, the others are told at
// once that the server is busy.
func TestMoreThanMayWaitAreSentAway(t *testing.T) {
	t.Parallel()
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	p := auth.NewPasswords(1)
	start, results := make(chan struct{}), make(chan error)
	for range 1000 {
		go func() {
			<-start
			_, _, err := p.Verify(t.Context(), "password", phc)
			results <- err
		}()
	}
	close(start)
	served, busy := 0, 0
	for range 1000 {
		err := <-results
		switch f := fault.Of(err); {
		case err == nil:
			served++
		case errors.Is(err, fault.Unavailable) && f.Code == "busy" && f.RetryAfter > 0:
			busy++
		default:
			t.Fatal(err)
		}
	}
	if served < 33 || busy == 0 {
		t.Errorf("%d served, %d sent away", served, busy)
	}
}

func TestWaitingEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswords(1)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := p.Hash(t.Context(), passphrase); err != nil {
			t.Error(err)
		}
	})
	for range 8 {
		wg.Go(func() {
			// Either it had its turn before the end, or it is told of the end.
			if _, err := p.Hash(ctx, passphrase); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	cancel()
	wg.Wait()
	if _, err := p.Hash(t.Context(), passphrase); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A burst of sign-ins takes 19 MiB each. Some seconds later the process must be
// small again. It is measured in a process of its own.
func TestMemoryGoesBackAfterABurst(t *testing.T) {
	const child = "FAXGATE_TEST_PASSWORD_MEMORY"
	if os.Getenv(child) != "" {
		burstAndReport(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryGoesBackAfterABurst$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func burstAndReport(t *testing.T) {
	p := auth.NewPasswords(4)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := p.VerifyNobody(t.Context(), passphrase); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	const limit = 30 << 20
	after := heldBytes()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		now := heldBytes()
		if now < limit {
			t.Logf("held: %d MiB after the burst, %d MiB at rest", after>>20, now>>20)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("held: %d MiB after the burst, %d MiB still after ten seconds", after>>20, now>>20)
		}
	}
}

// heldBytes is what the Go runtime has of the operating system's memory. The
// resident size is about the same, but includes the race detector's own memory.
func heldBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys - m.HeapReleased
}

func BenchmarkVerify(b *testing.B) {
	p := auth.NewPasswords(0)
	phc, err := p.Hash(b.Context(), passphrase)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, _, err := p.Verify(b.Context(), passphrase, phc); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkVerifyNobody(b *testing.B) {
	p := auth.NewPasswords(0)
	for b.Loop() {
		if err := p.VerifyNobody(b.Context(), passphrase); err != nil {
			b.Fatal(err)
		}
	}
}
