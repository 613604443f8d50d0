package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/web"
)

func proxies(t *testing.T, text string) web.Proxies {
	t.Helper()
	p, err := web.ParseProxies(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// RFC 9700 4.13: whoever may set the header may be anybody.
func TestRFC9700_4_13_AForwardedAddressIsBelievedFromAProxyAlone(t *testing.T) {
	t.Parallel()
	const two = "10.0.0.1, 192.168.0.0/16 2001:db8::/32,fe80::/10"
	for _, tt := range []struct {
		name, trusted, peer string
		forwarded           []string
		want                string
	}{
		{"nobody is trusted", "", "203.0.113.9:1", []string{"198.51.100.7"}, "203.0.113.9"},
		{"a stranger's word", two, "203.0.113.9:1", []string{"198.51.100.7"}, "203.0.113.9"},
		{"a proxy's word", two, "10.0.0.1:1", []string{"198.51.100.7"}, "198.51.100.7"},
		{"a proxy that says nothing", two, "10.0.0.1:1", nil, "10.0.0.1"},
		{"what the client put before it", two, "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.7"}, "198.51.100.7"},
		{"the same in two headers", two, "10.0.0.1:1", []string{"1.1.1.1", "198.51.100.7"}, "198.51.100.7"},
		{"two proxies", two, "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.7, 192.168.4.4"}, "198.51.100.7"},
		{"proxies all the way", two, "10.0.0.1:1", []string{"192.168.1.1, 192.168.2.2"}, "192.168.1.1"},
		{"rubbish behind", two, "10.0.0.1:1", []string{"198.51.100.7, x"}, "10.0.0.1"},
		{"rubbish before", two, "10.0.0.1:1", []string{"x, 192.168.4.4"}, "192.168.4.4"},
		{"an empty header", two, "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"IPv6", two, "[2001:db8::1]:1", []string{"2001:db9::7"}, "2001:db9::7"},
		{"IPv6 in a long form", "", "[2001:0db8:0:0::1]:1", nil, "2001:db8::1"},
		{"IPv4 in IPv6", two, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"a link-local stranger", "", "[fe80::1%eth0]:1", nil, "fe80::1"},
		{"a link-local proxy", two, "[fe80::1%eth0]:1", []string{"198.51.100.7"}, "198.51.100.7"},
		{"a link-local hop", two, "10.0.0.1:1", []string{"198.51.100.7, fe80::2%eth1"}, "198.51.100.7"},
		{"a hop with a port", two, "10.0.0.1:1", []string{"198.51.100.7:567"}, "198.51.100.7"},
		{"an IPv6 hop with a port", two, "10.0.0.1:1", []string{"[2001:db9::7]:5"}, "2001:db9::7"},
		{"an IPv6 hop in brackets", two, "10.0.0.1:1", []string{"[2001:db9::7]"}, "2001:db9::7"},
		{"a proxy with a port", two, "10.0.0.1:1", []string{"198.51.100.7, 192.168.4.4:80"}, "198.51.100.7"},
		{"a hop with half a port", two, "10.0.0.1:1", []string{"198.51.100.7:x"}, "10.0.0.1"},
		{"a neighbour of the proxy", two, "10.0.0.2:1", []string{"198.51.100.7"}, "10.0.0.2"},
		{"a Unix socket", two, "@", []string{"198.51.100.7"}, "@"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := proxies(t, tt.trusted).Address(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAVeryLongListOfHopsIsNotWalked(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "198.51.100.7"+strings.Repeat(",10.0.0.1", 10_000))
	if got := proxies(t, "10.0.0.1").Address(r); got != "10.0.0.1" {
		t.Errorf("Address = %s", got)
	}
}

func TestWhatIsNoAddressIsNoProxy(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"localhost", "10.0.0.0/33", "10.0.0", "10.0.0.1;10.0.0.2", "*"} {
		if p, err := web.ParseProxies(text); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
	if p, err := web.ParseProxies(" , "); err != nil || len(p) != 0 {
		t.Errorf("nothing is read as %v, %v", p, err)
	}
}

func TestLoopbackIsWhoeverAsksOnThisMachineItself(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		peer, header string
		want         bool
	}{
		{"127.0.0.1:1", "", true},
		{"127.8.8.8:1", "", true},
		{"[::1]:1", "", true},
		{"[::ffff:127.0.0.1]:1", "", true},
		{"192.0.2.1:1", "", false},
		{"[fe80::1%lo]:1", "", false},
		{"@", "", false},
		{"127.0.0.1:1", "X-Forwarded-For", false}, // a proxy on this machine asks for somebody else
		{"127.0.0.1:1", "Forwarded", false},
		{"127.0.0.1:1", "X-Real-Ip", false},
		{"127.0.0.1:1", "Via", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		if tt.header != "" {
			r.Header.Set(tt.header, "192.0.2.1")
		}
		if got := web.FromLoopback(r); got != tt.want {
			t.Errorf("%s %s: %t, want %t", tt.peer, tt.header, got, tt.want)
		}
	}
}
