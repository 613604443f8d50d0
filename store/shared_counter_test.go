package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestNodesCountFailuresTogether(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		const key = "sign-in account taro@example.com"
		nodes := make([]*auth.Throttle, 3)
		for i := range nodes {
			db := storetest.Open(t, c)
			nodes[i] = auth.NewThrottle(auth.FailureWindow, time.Now, db.SharedCounter(auth.FailureWindow))
			follow(t, db)
		}
		for range 10 {
			nodes[0].Add(key, "sign-in address 192.0.2.1")
			nodes[1].Add(key)
		}
		if nodes[0].Over(key, 10) == 0 {
			t.Error("a node does not count its own at once")
		}
		everywhere(t, nodes, key, 20)
		for n := range 3 { // more exchanges, in which nothing may be counted twice
			nodes[n].Add("sign-in address 192.0.2.2")
			everywhere(t, nodes, "sign-in address 192.0.2.2", n+1)
		}
		for i, node := range nodes {
			if node.Over(key, 21) != 0 || node.Over("sign-in address 192.0.2.1", 11) != 0 {
				t.Errorf("node %d counts more than there was", i)
			}
		}
		db := raw(t, c)
		if n := rowsIn(t, db, "failures"); n != 3 && n != 6 { // 6: the window ended meanwhile
			t.Errorf("%d rows", n)
		}
		late := storetest.Open(t, c)
		counter := auth.NewThrottle(auth.FailureWindow, time.Now, late.SharedCounter(auth.FailureWindow))
		follow(t, late)
		for deadline := time.Now().Add(10 * time.Second); counter.Over(key, 15) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("a node that starts later knows nothing")
			}
		}
	})
}

// everywhere waits until every node has counted so many.
func everywhere(t *testing.T, nodes []*auth.Throttle, key string, count int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for i, node := range nodes {
		for ; node.Over(key, count) == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("node %d does not hear of the failures of the others", i)
			}
		}
	}
}

func TestNoAddressStandsInTheTableOfFailures(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		db := storetest.Open(t, c)
		f := db.SharedCounter(auth.FailureWindow)
		window := time.Now().Truncate(auth.FailureWindow)
		if err := f.Increment("taro@example.com", window); err != nil {
			t.Fatal(err)
		}
		follow(t, db)
		look := raw(t, c)
		for deadline := time.Now().Add(10 * time.Second); rowsIn(t, look, "failures") == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it never arrived")
			}
		}
		var key []byte
		if err := look.QueryRow("SELECT key FROM failures").Scan(&key); err != nil {
			t.Fatal(err)
		}
		if len(key) != 16 || strings.Contains(string(key), "taro") {
			t.Errorf("key = %q", key)
		}
	})
}

func TestTheCountsInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)})
	f := db.SharedCounter(auth.FailureWindow)
	window := time.Now().Truncate(auth.FailureWindow)
	for i := range 1 << 17 {
		if err := f.IncrementBy(fmt.Sprint(i), window, 1); err != nil {
			t.Fatal(err)
		}
	}
	known := 0
	for i := range 1 << 17 {
		n, _, err := f.Get(fmt.Sprint(i), window, window.Add(-auth.FailureWindow))
		if err != nil {
			t.Fatal(err)
		}
		known += n
	}
	if known == 0 || known > 1<<16 {
		t.Errorf("%d counts are kept", known)
	}
}

// What is counted is of the node's own time, as all else: a node whose clock is a day
// behind hears of the counts of others by that clock.
func TestTheCountsOfOtherNodesAreOfTheNodesOwnTime(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		yesterday := func() time.Time { return time.Now().Add(-24 * time.Hour) }
		c.Now = yesterday
		nodes := make([]*auth.Throttle, 2)
		for i := range nodes {
			db := storetest.Open(t, c)
			nodes[i] = auth.NewThrottle(auth.FailureWindow, yesterday, db.SharedCounter(auth.FailureWindow))
			follow(t, db)
		}
		nodes[0].Add("sign-in account taro@example.com") // the other node never counts itself
		everywhere(t, nodes, "sign-in account taro@example.com", 1)
	})
}
