package main_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	main "github.com/faxgate/faxgate/cmd/faxgate"
)

// patience is how long a condition may take that normally is met within a second.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"faxgate": main.Main})
}

// The scripts run the program as it is. They know these commands besides those of
// testscript:
//
//	listen [https]         chooses a free port; sets FAXGATE_LISTEN and URL
//	certificate CERT KEY   writes a certificate of 127.0.0.1 and its private key
//	await                  waits until the server at URL is ready
//	get STATUS PATH [TOKEN] asks the server, at most for a second, until it answers
//	                       with the status; the answer is in the file answer
//	value FILE KEY NAME    sets a variable to a value of a JSON object
//	find FILE REGEXP NAME  sets a variable to what the pattern's group matches
//	record NAME            stores a fax whose call was recorded, and sets a variable to its id
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("LC_ALL", "C")
			env.Setenv("TZ", "UTC")
			env.Setenv("FAXGATE_DATA", filepath.Join(env.WorkDir, "data"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"listen": listen, "certificate": certificate, "await": await, "get": get, "value": value, "find": find, "record": record,
		},
	})
}

// listen finds a port that nobody uses. Another process may take it before the
// server does; the kernel hands out others first.
func listen(ts *testscript.TestScript, _ bool, args []string) {
	scheme := append(args, "http")[0]
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Check(l.Close())
	ts.Setenv("FAXGATE_LISTEN", l.Addr().String())
	ts.Setenv("URL", scheme+"://"+l.Addr().String())
}

// certificate takes the one that the standard library has for tests.
func certificate(ts *testscript.TestScript, _ bool, args []string) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	pair := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	ts.Check(err)
	for i, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, {Type: "PRIVATE KEY", Bytes: key}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

func await(ts *testscript.TestScript, _ bool, _ []string) {
	until(ts, patience, func() error { return ask(ts, http.StatusOK, "/readyz", "") })
}

// get allows a second, in which every change must have come to the server.
func get(ts *testscript.TestScript, _ bool, args []string) {
	var status int
	var token string
	if len(args) == 3 {
		token = args[2]
	}
	_, err := fmt.Sscan(args[0], &status)
	ts.Check(err)
	until(ts, time.Second, func() error { return ask(ts, status, args[1], token) })
}

func until(ts *testscript.TestScript, patience time.Duration, condition func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %s: %v", patience, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ask makes one request and keeps the body.
func ask(ts *testscript.TestScript, status int, path, token string) error {
	r, err := http.NewRequest(http.MethodGet, ts.Getenv("URL")+path, nil)
	ts.Check(err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	// A connection of its own, so that a server that stops waits for none.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != status {
		return fmt.Errorf("GET %s: %s, want %d\n%s", path, answer.Status, status, body)
	}
	return os.WriteFile(ts.MkAbs("answer"), body, 0o600)
}

func value(ts *testscript.TestScript, _ bool, args []string) {
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &object))
	v, ok := object[args[1]]
	if !ok {
		ts.Fatalf("no %s in %s", args[1], ts.ReadFile(args[0]))
	}
	ts.Setenv(args[2], fmt.Sprint(v))
}

func find(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile(args[0]))
	if found == nil {
		ts.Fatalf("%s does not match %s:\n%s", args[0], args[1], ts.ReadFile(args[0]))
	}
	ts.Setenv(args[2], found[len(found)-1])
}
