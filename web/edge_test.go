package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

// journal is a log that a test reads.
type journal struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(b)
}

// lines are the records so far.
func (j *journal) lines(t *testing.T) []map[string]any {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []map[string]any
	d := json.NewDecoder(bytes.NewReader(j.out.Bytes()))
	for d.More() {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	return all
}

func newEdge(next http.HandlerFunc) (*web.Edge, *journal) {
	j := new(journal)
	return &web.Edge{Next: next, Log: slog.New(slog.NewJSONHandler(j, nil)), Now: time.Now}, j
}

func TestEachRequestHasAnIDAndALine(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/accounts/{user_id}", func(w http.ResponseWriter, _ *http.Request) {
		line := web.LineOf(w)
		line.AccountID, line.TokenID, line.ClientID = "a", "t", "c"
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "12345")
	})
	e, j := newEdge(mux.ServeHTTP)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/v3/accounts/self?access_token=secret", nil)
	r.RemoteAddr = "192.0.2.1:1234"
	e.ServeHTTP(w, r)
	id := w.Header().Get("X-Request-Id")
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(id) {
		t.Errorf("the id is %q", id)
	}
	lines := j.lines(t)
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	for key, want := range map[string]any{
		"msg": "request", "level": "INFO", "request_id": id, "method": "GET", "route": "GET /v3/accounts/{user_id}",
		"status": 418.0, "bytes": 5.0, "address": "192.0.2.1", "account_id": "a", "token_id": "t", "client_id": "c",
	} {
		if lines[0][key] != want {
			t.Errorf("%s = %v, want %v", key, lines[0][key], want)
		}
	}
	for _, key := range []string{"path", "error", "refused"} {
		if v, found := lines[0][key]; found {
			t.Errorf("%s = %v", key, v)
		}
	}
}

func TestNoSecretOfTheURLGetsIntoTheLog(t *testing.T) {
	t.Parallel()
	e, j := newEdge(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	secret := auth.NewSecret(auth.OneTimeLink)
	for _, target := range []string{"/reset/" + secret, "/x?token=" + secret, "/%66gl_" + secret[4:]} {
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil))
	}
	if strings.Contains(j.out.String(), secret[4:20]) {
		t.Error("it is there")
	}
	if got := j.lines(t)[0]["path"]; got != "/reset/fgl_…" {
		t.Errorf("path = %v", got)
	}
}

func TestAPanicIsABare500WhoseCauseIsInTheLog(t *testing.T) {
	t.Parallel()
	e, j := newEdge(func(http.ResponseWriter, *http.Request) { panic("the details") })
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	id := w.Header().Get("X-Request-Id")
	if w.Code != 500 || strings.TrimSpace(w.Body.String()) != "500 "+id {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	line := j.lines(t)[0]
	if text, _ := line["error"].(string); line["request_id"] != id || line["level"] != "ERROR" || !strings.Contains(text, "the details") || !strings.Contains(text, "edge_test.go") {
		t.Errorf("the line is %v", line)
	}
}

// Half an answer must not look like a whole one.
func TestAPanicInTheMiddleOfAnAnswerCutsTheConnection(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]any{"a panic": "the details", "an abort": http.ErrAbortHandler} {
		e, j := newEdge(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"members":[`)
			http.NewResponseController(w).Flush()
			panic(cause)
		})
		s := httptest.NewServer(e)
		answer, err := http.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(answer.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: the answer ends well: %q, %v", name, body, err)
		}
		answer.Body.Close()
		s.Close()
		if lines := j.lines(t); len(lines) != 1 || lines[0]["error"] == nil {
			t.Errorf("%s: the lines are %v", name, lines)
		}
	}
}

func TestRefusedTokensAreSummedUpInstead(t *testing.T) {
	t.Parallel()
	e, j := newEdge(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			web.LineOf(w).Refused = "token_expired"
		}
	})
	e.Refusals = &web.Refusals{Log: e.Log}
	refused := httptest.NewRequest(http.MethodGet, "/", nil)
	refused.Header.Set("Authorization", "Bearer x")
	for range 100 {
		e.ServeHTTP(httptest.NewRecorder(), refused)
	}
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if lines := j.lines(t); len(lines) != 1 {
		t.Errorf("%d lines", len(lines))
	}
	e.Refusals = nil
	e.ServeHTTP(httptest.NewRecorder(), refused)
	if lines := j.lines(t); len(lines) != 2 || lines[1]["refused"] != "token_expired" {
		t.Errorf("the lines are %v", lines)
	}
}

func TestTheObserverHearsOfEachAnswer(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /x/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic(1) })
	mux.HandleFunc("GET /nothing", func(http.ResponseWriter, *http.Request) {})
	e, _ := newEdge(mux.ServeHTTP)
	var heard []string
	e.Observe = func(route string, status int, _ time.Duration) {
		heard = append(heard, route+" "+http.StatusText(status))
	}
	for _, path := range []string{"/x/1", "/panic", "/nothing", "/unknown"} {
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	want := "GET /x/{id} Created, GET /panic Internal Server Error, GET /nothing OK,  Not Found"
	if got := strings.Join(heard, ", "); got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

func TestTheLineIsThatOfTheRequestAlone(t *testing.T) {
	t.Parallel()
	e, j := newEdge(func(w http.ResponseWriter, r *http.Request) {
		if line := web.LineOf(w); line.AccountID != "" || line.Err != nil || web.Begun(w) {
			t.Error("another request's line")
		}
		web.LineOf(w).AccountID = r.URL.Path
		web.LineOf(w).Err = errors.New(r.URL.Path)
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil))
			}
		})
	}
	all.Wait()
	ids := map[any]bool{}
	for _, line := range j.lines(t) {
		ids[line["request_id"]] = true
	}
	if len(ids) != 400 {
		t.Errorf("400 requests have %d ids", len(ids))
	}
}

func TestBehindNoEdgeALineIsWrittenInVain(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	web.LineOf(w).AccountID = "a"
	if web.LineOf(w).AccountID != "" || web.Begun(w) {
		t.Error("there is one")
	}
}

func TestAnErrorGoesToWhoRendersIt(t *testing.T) {
	t.Parallel()
	sentinel := errors.New("x")
	var got error
	h := web.Handle(func(http.ResponseWriter, *http.Request) error { return sentinel },
		func(_ http.ResponseWriter, _ *http.Request, err error) { got = err })
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	if !errors.Is(got, sentinel) {
		t.Errorf("rendered: %v", got)
	}
}

func TestEveryKindOfFailureHasItsStatus(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.NotAllowed: 405, fault.Conflict: 409, fault.Gone: 410, fault.TooLarge: 413, fault.Unsupported: 415,
		fault.Throttled: 429, fault.Unavailable: 503,
	} {
		if got := web.Status(kind); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}

func TestSecondsAreRoundedUp(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0", 1: "1", time.Second: "1", time.Second + 1: "2", time.Hour: "3600"} {
		if got := web.Seconds(d); got != want {
			t.Errorf("Seconds(%s) = %s, want %s", d, got, want)
		}
	}
}
