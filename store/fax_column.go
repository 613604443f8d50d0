package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// jsonOf reads a column of JSON; the empty text leaves the value as it is.
type jsonOf[T any] struct{ into *T }

// jsonInto is jsonOf for a type that need not be named.
func jsonInto[T any](into *T) jsonOf[T] { return jsonOf[T]{into} }

// Scan reads the JSON text.
func (j jsonOf[T]) Scan(src any) error {
	var text optional
	if err := text.Scan(src); err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), j.into)
}

// jsonText is a value as a column of JSON has it. Values that come here can all be
// written.
func jsonText(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// span reads a duration, which is stored in milliseconds.
type span time.Duration

// Scan reads milliseconds.
func (s *span) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("milliseconds expected, got %T", src)
	}
	*s = span(time.Duration(n) * time.Millisecond)
	return nil
}

// documentColumns are what jobs and faxes have of their document.
const documentColumns = `d.id, d.blob, d.pages, d.size, d.refusal, d.files, d.cover_page, d.headed, d.header, d.header_at,
	d.language, d.time_zone, d.enhance, d.resolution, d.paper`

func documentFields(d *fax.Document) []any {
	return []any{
		&d.ID, &d.Blob, &d.Pages, &d.Size, storedFault{&d.Refusal}, jsonOf[[]fax.File]{&d.Files}, jsonOf[*fax.CoverPage]{&d.CoverPage},
		&d.Headed, &d.Header, (*millis)(&d.HeaderAt), &d.Language, &d.TimeZone, &d.Enhance, &d.Resolution, &d.Paper,
	}
}

// storedFault reads a fault of the caller's; the empty text is none. The cause, which is
// for the log, is not stored.
type storedFault struct{ into **fault.Error }

// faultColumn is what is stored of a fault.
type faultColumn struct {
	Code   string         `json:"code"`
	Params map[string]any `json:"params,omitempty"`
}

// Scan reads the JSON text.
func (s storedFault) Scan(src any) error {
	var column *faultColumn
	if err := (jsonOf[*faultColumn]{&column}).Scan(src); err != nil || column == nil {
		return err
	}
	for key, value := range column.Params {
		if number, ok := value.(float64); ok { // all of ours are integers
			column.Params[key] = int(number)
		}
	}
	*s.into = &fault.Error{Kind: fault.Invalid, Code: column.Code, Params: column.Params}
	return nil
}

// faultText is a fault as a column has it; nil: the empty text.
func faultText(f *fault.Error) (string, error) {
	if f == nil {
		return "", nil
	}
	return jsonText(faultColumn{f.Code, f.Params})
}
