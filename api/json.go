package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

// readJSON reads a JSON object into v. An empty body, which some clients send for
// "nothing to change", leaves v as it is; unknown keys are ignored, as the wire's
// clients expect.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	if web.IsForm(r.Header.Get("Content-Type")) {
		return fault.New(fault.Unsupported, "json_expected")
	}
	body, err := web.ReadBody(w, r, web.MaxJSON)
	if err != nil {
		return err
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return fault.New(fault.Invalid, "json_not_utf8")
	}
	return decode(body, v)
}

func decode(body []byte, v any) error {
	if body[0] != '{' {
		return fault.New(fault.Invalid, "json_object_expected")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	err := d.Decode(v)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fault.New(fault.Invalid, "json_wrong_type", "field", wrong.Field, "got", wrong.Value).At(wrong.Field)
	case err != nil:
		return fault.New(fault.Invalid, "json_malformed", "offset", int(d.InputOffset()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "json_trailing")
	}
	return nil
}
