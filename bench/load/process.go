package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serverCore is where the server and its database run; this program is put on the
// other one by the Makefile.
const serverCore = "0"

// process is a server under measurement.
type process struct {
	cmd     *exec.Cmd
	address string
	started time.Duration // from the start of the process to the first answer
}

// emptyBody is the answer that everything is compared with: 300 bytes of JSON.
var emptyBody = []byte(`{"empty":"` + strings.Repeat("x", 288) + `"}`)

// serveEmpty is the other side of every ratio.
func serveEmpty() error {
	return http.ListenAndServe(os.Args[2], http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		_, _ = w.Write(emptyBody)
	}))
}

// startEmpty runs this program as the empty server.
func startEmpty(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return start(ctx, serverCore, address, nil, self, "empty", address)
}

// startFaxgate runs the built server on a data directory.
func startFaxgate(ctx context.Context, binary, data string, env ...string) (*process, error) {
	return startFaxgateOn(ctx, serverCore, binary, data, env...)
}

// startFaxgateOn does so on cores as taskset(1) writes them.
func startFaxgateOn(ctx context.Context, cores, binary, data string, env ...string) (*process, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	env = append(env, "FAXGATE_DATA="+data, "FAXGATE_LISTEN="+address, "FAXGATE_LOG_LEVEL=info")
	return start(ctx, cores, address, env, binary, "serve")
}

func start(ctx context.Context, cores, address string, env []string, name string, args ...string) (*process, error) {
	p := &process{address: address}
	p.cmd = exec.CommandContext(ctx, "taskset", append([]string{"-c", cores, name}, args...)...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	logFile, err := os.CreateTemp("", "faxgate-bench-*.log") // a real file: the log is part of what is measured
	if err != nil {
		return nil, err
	}
	defer logFile.Close()
	defer os.Remove(logFile.Name())
	p.cmd.Stderr = logFile
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(begin) < 30*time.Second {
		if answers(ctx, address) {
			p.started = time.Since(begin)
			return p, nil
		}
		time.Sleep(200 * time.Microsecond)
	}
	text, _ := os.ReadFile(logFile.Name())
	p.stop()
	return nil, fmt.Errorf("%s does not answer on %s:\n%s", name, address, text)
}

func answers(ctx context.Context, address string) bool {
	c, err := dial(ctx, address)
	if err != nil {
		return false
	}
	defer c.Close()
	return c.exchange(get("/healthz", ""), "200") == nil
}

// stop ends the server as an administrator would.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// memory is the resident set of the process in MiB.
func (p *process) memory() float64 {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// processorTime is what the process has used of the core so far.
func (p *process) processorTime() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may have spaces in it
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * time.Second / 100 // USER_HZ
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// get is a GET with the headers of a typical client.
func get(path, headers string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n" + headers + "\r\n")
}

// post is a POST of a form.
func post(path, headers, form string) []byte {
	return []byte("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
		headers + "Content-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n" + form)
}
