package render

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// Request is what is to be done with a document.
type Request struct {
	Name       string // of the document, for sentences
	Paper      page.Paper
	Resolution page.Resolution
	Tone       page.Tone
	MaxPages   int
	Cache      string // the folder with the PDF engine's machine code; empty: it is compiled
	Office     string // the path of soffice; empty: there is none
	Temp       string // an empty folder that soffice may use; needed with Office alone
}

// Send writes a request and the document that it is about.
func (r Request) Send(to io.Writer, document io.Reader) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := to.Write(append(line, '\n')); err != nil {
		return err
	}
	_, err = io.Copy(to, document)
	return err
}

// receive reads what Send wrote.
func receive(from io.Reader) (r request, document []byte, err error) {
	in := bufio.NewReader(from)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return r, nil, fmt.Errorf("request: %w", err)
	}
	if err := json.Unmarshal(line, &r.Request); err != nil {
		return r, nil, fmt.Errorf("request: %w", err)
	}
	document, err = io.ReadAll(in)
	return r, document, err
}

// refusal is a page.Refusal on its way to the server.
type refusal struct {
	Status page.Status
	Code   string
	Params map[string]any `json:",omitempty"`
	Cause  string         `json:",omitempty"` // for the log
}

// ReadRefusal reads a refusal as the child process wrote it. What is none gives an error.
func ReadRefusal(data []byte) (*page.Refusal, error) {
	var r refusal
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	if r.Status == "" || r.Code == "" {
		return nil, fmt.Errorf("refusal without a status or a code")
	}
	for key, value := range r.Params {
		if number, ok := value.(float64); ok { // all of ours are integers
			r.Params[key] = int(number)
		}
	}
	f := &fault.Error{Kind: fault.Invalid, Code: r.Code, Params: r.Params}
	if r.Cause != "" {
		f.Cause = fmt.Errorf("%s", r.Cause)
	}
	return page.Refuse(r.Status, f), nil
}

// writeRefusal writes what ReadRefusal reads.
func writeRefusal(to io.Writer, r *page.Refusal) error {
	out := refusal{Status: r.Status, Code: r.Fault.Code, Params: r.Fault.Params}
	if r.Fault.Cause != nil {
		out.Cause = r.Fault.Cause.Error()
	}
	return json.NewEncoder(to).Encode(out)
}

// request is a Request and the refusals that name its document.
type request struct{ Request }

// encrypted is the refusal of a document that wants a password.
func (r request) encrypted() error {
	return page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "document_encrypted", "name", r.Name))
}

// damaged is the refusal of a document that its reader does not understand.
func (r request) damaged(why error) error {
	return page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "document_damaged", "name", r.Name).Because(why))
}

// tooLong is the refusal of a document with too many pages.
func (r request) tooLong() error {
	return page.Refuse(page.FailedPages, fault.New(fault.Invalid, "document_too_many_pages",
		"name", r.Name, "limit", r.MaxPages))
}
