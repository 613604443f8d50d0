package acceptance_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Fifty faxes wait; then engines are killed, and the server, as the kernel does it when
// memory is short. None is lost, none arrives twice without the sender's wish, and each
// that the test line has comes back, once.
func TestKilledServerAndEnginesLoseNoFaxAndDoubleNone(t *testing.T) {
	t.Parallel()
	const faxes = 50
	s := Start(t, Options{})
	m := s.Mailbox(t)
	ids := map[string]bool{}
	for i := range faxes {
		to := m.Number
		if i%2 == 0 {
			to = testLine + "1"
		}
		path := m.Upload(t, "letter.txt", fmt.Appendf(nil, "page %d\n", i))
		r := m.submit(t, map[string]any{"from": m.Number, "to": []string{to}, "files": []string{path}, "return_ids": true})
		wantStatus(t, r, http.StatusCreated)
		for _, id := range decode[struct{ IDs map[string]string }](t, r).IDs {
			ids[id] = true
		}
	}
	if len(ids) != faxes {
		t.Fatalf("%d ids of %d faxes", len(ids), faxes)
	}
	if withEngine {
		killEngines(t, s, 4)
	}
	for end := time.Now().Add(faxPatience); m.Waiting(t) > faxes-5; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no fax is sent")
		}
	}
	waited := s.kill(t, m)
	t.Logf("killed with %d faxes waiting", waited)
	s.launch(t)
	m.AwaitEmpty(t)

	sent := m.Faxes(t, "sent")
	outcomes := map[string]map[string]int{m.Number: {}, testLine + "1": {}}
	for _, f := range sent {
		if !ids[f.ID] {
			t.Errorf("%s is no fax of ours, or there twice", f.ID)
		}
		delete(ids, f.ID)
		outcomes[f.To][f.Status]++
	}
	for id := range ids {
		t.Errorf("%s is lost", id)
	}
	received := m.from(t, m.Number)
	t.Logf("sent: %v, received: %d", outcomes, received)
	// Of a call that was cut off after the machines had agreed nobody knows whether it
	// arrived: it is not made again, and its sender is told.
	known, unknown := outcomes[m.Number]["success"], outcomes[m.Number]["failed_internal_process_error"]
	answered, unanswered := outcomes[testLine+"1"]["success"], outcomes[testLine+"1"]["failed_internal_process_error"]
	if known+unknown+answered+unanswered != faxes || received < known || received > known+unknown || unknown+unanswered > 4 {
		t.Errorf("%d faxes were sent and %d cut off; %d were received, of %d", known+answered, unknown+unanswered, received, known)
	}
	m.AwaitFaxes(t, testLine+"1", answered)
	m.eachCameBack(t, sent)
}

// eachCameBack holds what test number 0001 sent back against what it has, each of which
// has a text of its own.
func (m *Mailbox) eachCameBack(t *testing.T, sent []fax) {
	t.Helper()
	back := map[string]int{}
	for _, f := range m.Faxes(t, "inbox") {
		if f.From == testLine+"1" {
			back[pixels(t, m.File(t, f.ID, "tiff"))]++
		}
	}
	for _, f := range sent {
		if f.To != testLine+"1" || f.Status != "success" {
			continue
		}
		pages := pixels(t, m.File(t, f.ID, "tiff"))
		if back[pages] != 1 {
			t.Errorf("%s came back %d times", f.ID, back[pages])
		}
		delete(back, pages)
	}
	if len(back) > 0 {
		t.Errorf("%d faxes came back that were not sent", len(back))
	}
}

// kill kills the server at once, and says how many faxes were waiting just before.
func (s *Server) kill(t *testing.T, m *Mailbox) int {
	t.Helper()
	waiting := m.Waiting(t)
	s.stopped = true
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	return waiting
}

// killEngines kills so many engines of the server, each when it has just begun.
func killEngines(t *testing.T, s *Server, n int) {
	t.Helper()
	killed := map[int]bool{}
	for end := time.Now().Add(faxPatience); len(killed) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("only %d engines began", len(killed))
		}
		for _, pid := range engines(s.cmd.Process.Pid) {
			if !killed[pid] && len(killed) < n && syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed[pid] = true
			}
		}
	}
}

// engines are the processes of faxmodem that a process started.
func engines(parent int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for child := range strings.FieldsSeq(string(children)) {
			name, _ := os.ReadFile("/proc/" + child + "/comm")
			if pid, err := strconv.Atoi(child); err == nil && strings.TrimSpace(string(name)) == "faxmodem" {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
