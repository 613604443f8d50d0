package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

// readJSON reads a JSON object into v. An empty body, which some clients send for
// "nothing to change", leaves v as it is; unknown keys are ignored, as the wire's
// clients expect.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	return decodeBody(body, v)
}

// readBody reads a body that is to be JSON.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if web.IsForm(r.Header.Get("Content-Type")) || mediaType == "multipart/form-data" {
		return nil, fault.New(fault.Unsupported, "json_expected")
	}
	return web.ReadBody(w, r, web.MaxJSON)
}

// decodeBody decodes what readBody read.
func decodeBody(body []byte, v any) error {
	// A byte order mark is nothing that was meant (RFC 8259 8.1).
	if body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))); len(body) == 0 {
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
	var malformed *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return wrongType(jsonKey(wrong.Field), wrong.Value, typeName(wrong.Type))
	case errors.As(err, &malformed):
		return fault.New(fault.Invalid, "json_malformed", "offset", int(malformed.Offset))
	case err != nil:
		return fault.New(fault.Invalid, "json_malformed", "offset", len(body))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "json_trailing")
	}
	return nil
}

// decodeAt decodes what stands under a key of the body. Errors name the whole path.
func decodeAt(key string, raw json.RawMessage, v any) error {
	if raw[0] != '{' {
		return wrongType(key, kindOf(raw), "object")
	}
	err := decode(raw, v)
	if e := fault.Of(err); e != nil && e.Field != "" {
		return wrongType(key+"."+e.Field, e.Params["got"].(string), e.Params["want"].(string))
	}
	return err
}

func wrongType(field, got, want string) error {
	return fault.New(fault.Invalid, "json_wrong_type", "field", field, "got", cutText(got, 40), "want", want).At(field)
}

// typeName is what a Go type is called in JSON (JSON Schema, core 4.2.1).
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "integer" // there is no other kind of number here
}

// jsonKey leaves out of a path what encoding/json names by its Go type: embedded
// structs. All of our keys are lower case.
func jsonKey(path string) string {
	keys := slices.DeleteFunc(strings.Split(path, "."), func(s string) bool { return s != "" && s[0] >= 'A' && s[0] <= 'Z' })
	return strings.Join(keys, ".")
}

// kindOf names the kind of a JSON value in the words of encoding/json.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "string"
	case '[':
		return "array"
	case 't', 'f':
		return "bool"
	}
	return "number"
}
