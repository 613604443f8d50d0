package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/faxgate/faxgate/fax"
)

// jsonOf reads a column of JSON; the empty text leaves the value as it is.
type jsonOf[T any] struct{ into *T }

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
const documentColumns = `d.id, d.blob, d.pages, d.size, d.files, d.cover_page, d.headed, d.header, d.header_at,
	d.language, d.time_zone, d.enhance, d.resolution, d.paper`

func documentFields(d *fax.Document) []any {
	return []any{
		&d.ID, &d.Blob, &d.Pages, &d.Size, jsonOf[[]fax.File]{&d.Files}, jsonOf[*fax.CoverPage]{&d.CoverPage},
		&d.Headed, &d.Header, (*millis)(&d.HeaderAt), &d.Language, &d.TimeZone, &d.Enhance, &d.Resolution, &d.Paper,
	}
}
