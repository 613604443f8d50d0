package acceptance_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const testLine = "+1500555000" // and a digit

// letter is a text of two pages.
func letter() []byte {
	return []byte(strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 70) + "\f日本語の行\n")
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each test number behaves as it is called.
func TestEveryTestNumberEndsAsItShould(t *testing.T) {
	t.Parallel()
	m := Start(t, Options{}).Mailbox(t)
	want := map[string]string{
		testLine + "1": "success", testLine + "2": "failed_user_busy", testLine + "3": "failed_no_answer",
		testLine + "4": "success", testLine + "5": "failed_normal_clearing", testLine + "6": "success",
		testLine + "7": "partially_sent", testLine + "8": "failed_fs_2", testLine + "9": "failed_unallocated_number",
		m.Number: "success", "+81312345678": "failed_normal_temporary_failure", // there is no trunk
	}
	var to []string
	for number := range want {
		to = append(to, number)
	}
	ids := m.Send(t, to, m.Upload(t, "letter.txt", letter()))
	m.AwaitEmpty(t)
	for number, id := range ids {
		f := m.Sent(t, id)
		if f.Status != want[number] {
			t.Errorf("the fax to %s ended as %s, want %s", number, f.Status, want[number])
		}
		pages := map[string]int{"success": m.Sent(t, ids[m.Number]).Pages, "partially_sent": 1}[want[number]]
		if f.Pages != pages {
			t.Errorf("of the fax to %s %d pages arrived, want %d", number, f.Pages, pages)
		}
	}
	m.AwaitFaxes(t, testLine+"1", 1)
	came := map[string]int{}
	for _, f := range m.Faxes(t, "inbox") {
		came[f.From]++
		if f.Status != "success" || f.To != m.Number || f.Pages < 2 {
			t.Errorf("received: %+v", f)
		}
		samePixels(t, m.File(t, f.ID, "tiff"), m.File(t, ids[f.From], "tiff")) // 0001 sends back what it got
	}
	if len(came) != 2 || came[testLine+"1"] != 1 || came[m.Number] != 1 {
		t.Errorf("faxes came from %v, want one each from %s and %s", came, testLine+"1", m.Number)
	}
	if simulated := strings.Contains(m.Log(t), "the test line is simulated"); simulated == withEngine {
		t.Errorf("the log says simulated: %v, with an engine: %v", simulated, withEngine)
	}
}

// A PDF that somebody drew arrives as it was sent, in both forms of download; what was
// received can be sent once more, unchanged where no further header line is wanted.
func TestAPDFComesOutAsItWentIn(t *testing.T) {
	t.Parallel()
	m := Start(t, Options{}).Mailbox(t)
	pdf, err := os.ReadFile("../page/convert/testdata/letter.pdf")
	if err != nil {
		t.Fatal(err)
	}
	sent := m.Send(t, []string{m.Number}, m.Upload(t, "letter.pdf", pdf))[m.Number]
	m.AwaitEmpty(t)
	received := m.Faxes(t, "inbox")
	if len(received) != 1 || received[0].Pages != 20 {
		t.Fatalf("received: %+v, want one of 20 pages", received)
	}
	tiff := m.File(t, received[0].ID, "tiff")
	samePixels(t, tiff, m.File(t, sent, "tiff"))
	path := filepath.Join(t.TempDir(), "received.pdf")
	writeFile(t, path, m.File(t, received[0].ID, "pdf"))
	info, err := exec.Command("pdfinfo", path).CombinedOutput()
	if err != nil || !bytes.Contains(info, []byte("Pages:           20")) {
		t.Errorf("pdfinfo: %v\n%s", err, info)
	}
	m.SendBare(t, []string{m.Number}, m.Upload(t, "again.tiff", tiff))
	m.AwaitEmpty(t)
	samePixels(t, m.File(t, m.Faxes(t, "inbox")[0].ID, "tiff"), tiff)
}

// Programs hear of both directions.
func TestWebhooksTellOfFaxes(t *testing.T) {
	t.Parallel()
	posts := make(chan map[string]map[string]any, 10)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var post map[string]map[string]any
		body, _ := io.ReadAll(r.Body)
		if json.Unmarshal(body, &post) == nil && r.Header.Get("Webhook-Signature") != "" {
			posts <- post
		}
	}))
	t.Cleanup(target.Close)
	s := Start(t, Options{Env: []string{"FAXGATE_ALLOW_PRIVATE_TARGETS=true"}})
	m := s.Mailbox(t)
	for _, event := range []string{"fax_sent", "fax_received"} {
		s.Admin(t, "webhook", "create", "--email", s.Owner.Email, "--target", target.URL, "--event", event)
	}
	id := m.Send(t, []string{testLine + "1"}, m.Upload(t, "letter.txt", letter()))[testLine+"1"]
	heard := map[any]map[string]any{}
	for len(heard) < 2 {
		select {
		case post := <-posts:
			heard[post["hook"]["event"]] = post["data"]
		case <-time.After(faxPatience):
			t.Fatalf("heard only %v", heard)
		}
	}
	if sent := heard["fax_sent"]; sent["id"] != id || sent["status"] != "success" || sent["to_number"] != testLine+"1" {
		t.Errorf("fax_sent: %v", sent)
	}
	if received := heard["fax_received"]; received["from_number"] != testLine+"1" || received["to_number"] != m.Number {
		t.Errorf("fax_received: %v", received)
	}
}

// The first run in a terminal takes less than a minute, from nothing.
func TestQuickstartWithinAMinute(t *testing.T) {
	t.Parallel()
	s := &Server{dir: t.TempDir()}
	owner := s.person(t, "owner@clinic.example")
	cmd := exec.Command(suite.binary, "quickstart", "--json")
	cmd.Dir = s.dir
	cmd.Env = []string{
		"HOME=" + s.dir, "TMPDIR=" + s.dir, "FAXGATE_LISTEN=" + freeAddress(t),
		"FAXGATE_OWNER_EMAIL=" + owner.Email, "FAXGATE_OWNER_PASSWORD_FILE=" + s.passwordFile(t, owner),
	}
	began := time.Now()
	out, err := cmd.Output()
	took := time.Since(began)
	suite.secrets.learn(string(out))
	if err != nil {
		t.Fatalf("faxgate quickstart: %v\n%s%s", err, out, stderr(err))
	}
	var said struct {
		Status    string
		Simulated bool
		Received  struct {
			Pages    int
			PDF, PNG string
		}
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if said.Status != "success" || said.Received.Pages != 1 || said.Simulated == withEngine {
		t.Errorf("it said %+v", said)
	}
	if page, err := os.ReadFile(said.Received.PNG); err != nil || !bytes.HasPrefix(page, []byte("\x89PNG")) {
		t.Errorf("the page: %v", err)
	}
	if took > time.Minute {
		t.Errorf("it took %s", took)
	}
}

// What cannot be sent is refused in words, in the language that was asked for.
func TestBadInputIsRefusedInWords(t *testing.T) {
	t.Parallel()
	m := Start(t, Options{}).Mailbox(t)
	path := m.Upload(t, "letter.txt", letter())
	order := func(field string, value any) map[string]any {
		o := map[string]any{"from": m.Number, "to": []string{testLine + "1"}, "files": []string{path}}
		o[field] = value
		return o
	}
	for _, tt := range []struct {
		name  string
		reply func(headers ...string) Reply
		code  string
		words map[string]string // by language
	}{
		{"number", func(h ...string) Reply { return m.submit(t, order("to", []string{"12"}), h...) }, "", nil},
		{"foreign number", func(h ...string) Reply { return m.submit(t, order("from", "+81312345678"), h...) }, "", nil},
		{"no files", func(h ...string) Reply { return m.submit(t, order("files", []string{}), h...) }, "value_missing",
			map[string]string{"en": "files", "ja": "files"}},
		{"unknown file", func(h ...string) Reply { return m.submit(t, order("files", []string{"/storage/none.pdf"}), h...) }, "", nil},
		{"empty file", func(h ...string) Reply { return m.upload(t, "empty.pdf", nil, h...) }, "file_empty", nil},
		{"time", func(h ...string) Reply { return m.submit(t, order("send_time", "tomorrow"), h...) }, "send_time_invalid", nil},
	} {
		for _, language := range []string{"en", "ja"} {
			r := tt.reply("Accept-Language: " + language)
			if r.Status < 400 || r.Status > 499 {
				t.Errorf("%s: %d %s", tt.name, r.Status, r.Body)
				continue
			}
			said := decode[problem](t, r)
			if tt.code != "" && said.Error != tt.code || said.Description == "" || strings.Contains(said.Description, "<no value>") {
				t.Errorf("%s, in %s: %+v", tt.name, language, said)
			}
			if japanese := strings.ContainsAny(said.Description, "のはをがにでとま"); japanese != (language == "ja") {
				t.Errorf("%s, in %s: %s", tt.name, language, said.Description)
			}
		}
	}
}

// A document that is none ends its fax with the status that says why.
func TestBadDocumentsEndTheirFaxes(t *testing.T) {
	t.Parallel()
	m := Start(t, Options{}).Mailbox(t)
	ids := map[string]string{}
	for want, content := range map[string][]byte{
		"failed_mimetype_not_supported": {0, 1, 2, 3, 0xff, 0xfe, 0, 7},
		"failed_convert_to_tiff_issue":  []byte("%PDF-1.7\nnothing follows"),
		"failed_image_preparation":      []byte("\x89PNG\r\n\x1a\nbroken"),
	} {
		ids[want] = m.Send(t, []string{testLine + "1"}, m.Upload(t, "document", content))[testLine+"1"]
	}
	m.AwaitEmpty(t)
	for want, id := range ids {
		if f := m.Sent(t, id); f.Status != want || f.Pages != 0 {
			t.Errorf("%s: %+v", want, f)
		}
	}
}
