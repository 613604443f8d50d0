package acceptance_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// callback is the redirect URI of an app, with somebody listening.
type callback struct {
	URL     string
	arrived chan url.Values
}

func newCallback(t *testing.T) *callback {
	t.Helper()
	c := &callback{arrived: make(chan url.Values, 10)}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/callback"
	return c
}

// ServeHTTP answers the browser that comes back.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/callback" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	io.WriteString(w, `<!doctype html><html lang="en"><title>done</title><h1>done</h1>`)
	c.arrived <- r.URL.Query()
}

// Wait gives the query of the next visit.
func (c *callback) Wait(t *testing.T) url.Values {
	t.Helper()
	select {
	case q := <-c.arrived:
		return q
	case <-time.After(patience):
		t.Fatal("nobody came back to the app")
		return nil
	}
}
