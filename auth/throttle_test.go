package auth_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
)

func TestFailuresAreRefusedAtTheLimitAndNotBefore(t *testing.T) {
	t.Parallel()
	f := auth.NewThrottle(15*time.Minute, authtest.NewClock().Now, nil)
	for n := range 10 {
		if wait := f.Over("ann", 10); wait != 0 {
			t.Fatalf("after %d failures of 10: wait %s", n, wait)
		}
		if got, want := f.Left("ann", 10), 10-n; got != want {
			t.Errorf("Left = %d, want %d", got, want)
		}
		f.Add("ann")
	}
	if f.Over("ann", 10) == 0 || f.Left("ann", 10) != 0 {
		t.Error("the eleventh is let in")
	}
	if f.Over("bob", 10) != 0 {
		t.Error("one key counts for another")
	}
}

func TestOneFailureCountsUnderEachOfItsKeys(t *testing.T) {
	t.Parallel()
	f := auth.NewThrottle(time.Minute, authtest.NewClock().Now, nil)
	f.Add("pair", "address", "account")
	for _, key := range []string{"pair", "address", "account"} {
		if f.Over(key, 1) == 0 {
			t.Errorf("%s was not counted", key)
		}
	}
}

func TestATryCountsUnderEveryKeyOrUnderNone(t *testing.T) {
	t.Parallel()
	f := auth.NewThrottle(time.Minute, authtest.NewClock().Now, nil)
	for n := range 3 {
		if wait := f.Try(auth.Limit{Key: "pair", Most: 3}, auth.Limit{Key: "address", Most: 10}); wait != 0 {
			t.Fatalf("try %d of 3 waits %s", n+1, wait)
		}
	}
	if f.Try(auth.Limit{Key: "pair", Most: 3}, auth.Limit{Key: "address", Most: 10}) == 0 {
		t.Error("the fourth is let in")
	}
	if got := f.Left("address", 10); got != 7 {
		t.Errorf("%d left for the address, want 7: a try that was refused is not counted", got)
	}
}

func TestFailuresFadeWithinTwoWindows(t *testing.T) {
	t.Parallel()
	const window = time.Minute
	c := authtest.NewClock()
	f := auth.NewThrottle(window, c.Now, nil)
	for range 10 {
		f.Add("ann")
	}
	for _, step := range []struct {
		after time.Duration
		left  int // of a limit of 10
	}{{0, 0}, {window, 0}, {window / 2, 5}, {window/2 - time.Second, 10}, {time.Second, 10}} {
		c.Advance(step.after)
		if got := f.Left("ann", 10); got != step.left {
			t.Errorf("%s after the failures: Left = %d, want %d", c.Now().Sub(authtest.NewClock().Now()), got, step.left)
		}
	}
}

// What goes into Retry-After must be true: whoever waits so long gets in, and
// nobody is told to wait much longer than that.
func TestWhoeverWaitsAsToldIsLetIn(t *testing.T) {
	t.Parallel()
	const window, limit = 15 * time.Minute, 10
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 0))
		c := authtest.NewClock()
		f := auth.NewThrottle(window, c.Now, nil)
		for range 1 + random.IntN(40) {
			f.Add("ann")
			c.Advance(time.Duration(random.Int64N(int64(2 * time.Minute))))
		}
		wait := f.Over("ann", limit)
		if wait == 0 {
			continue
		}
		if wait > 2*window {
			t.Errorf("seed %d: wait %s, longer than anything is remembered", seed, wait)
		}
		c.Advance(wait - 2*time.Millisecond)
		if f.Over("ann", limit) == 0 {
			t.Errorf("seed %d: let in before %s", seed, wait)
		}
		c.Advance(2 * time.Millisecond)
		if again := f.Over("ann", limit); again != 0 {
			t.Errorf("seed %d: after %s told to wait another %s", seed, wait, again)
		}
	}
}

func TestFailuresOfLongAgoAreForgotten(t *testing.T) {
	t.Parallel()
	c := authtest.NewClock()
	f := auth.NewThrottle(time.Minute, c.Now, nil)
	for n := range 1000 {
		f.Add(fmt.Sprint("key ", n%10))
	}
	c.Advance(3 * time.Minute)
	for n := range 10 {
		if got := f.Left(fmt.Sprint("key ", n), 5); got != 5 {
			t.Errorf("Left = %d, want 5", got)
		}
	}
}
