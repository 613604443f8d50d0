package fax

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
)

// The longest texts, in characters.
const (
	maxComment   = 2000
	maxTags      = 50
	maxTag       = 100
	maxCoverName = 200
	maxMessage   = 4000
	maxFileName  = 255
	maxKey       = 255
)

// sendTimeLayout is how the wire writes a send_time.
const sendTimeLayout = "2006-01-02 15:04:05 -0700"

const (
	sendTimePast   = time.Minute          // so long ago still means now
	sendTimeFuture = 366 * 24 * time.Hour // so far ahead somebody may plan
)

// ParseSendTime reads when a fax is to be sent, "YYYY-MM-DD HH:mm:ss +HHMM". The zero
// time means at once: for an empty text, and for a time up to a minute ago. Earlier ones
// are fault.Invalid "send_time_past", those over a year ahead "send_time_far", and
// whatever cannot be read "send_time_invalid".
func ParseSendTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(sendTimeLayout, text)
	if err != nil || len(text) != len(sendTimeLayout) {
		return time.Time{}, fault.New(fault.Invalid, "send_time_invalid").At("send_time")
	}
	switch ahead := at.Sub(now); {
	case ahead < -sendTimePast:
		return time.Time{}, fault.New(fault.Invalid, "send_time_past").At("send_time")
	case ahead > sendTimeFuture:
		return time.Time{}, fault.New(fault.Invalid, "send_time_far").At("send_time")
	case ahead <= 0:
		return time.Time{}, nil
	}
	return at.UTC(), nil
}

// isID reports whether a text could be an id: 32 hexadecimal digits. What could not need
// not be looked for; not every text may even be asked of a database.
func isID(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == 32
}

func faxUnknown() error { return fault.New(fault.NotFound, "fax_unknown") }

// checkText refuses a text of more characters, and one that cannot be stored.
func checkText(field, text string, most int) error {
	if utf8.RuneCountInString(text) > most {
		return fault.New(fault.Invalid, "text_too_long", "field", field, "most", most).At(field)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fault.New(fault.Invalid, "text_characters", "field", field).At(field)
	}
	return nil
}

func notOneOf(field string, allowed ...string) error {
	return fault.New(fault.Invalid, "value_not_allowed", "field", field, "allowed", strings.Join(allowed, ", ")).At(field)
}

func outOfRange(field string, least, most int) error {
	return fault.New(fault.Invalid, "value_out_of_range", "field", field, "least", least, "most", most).At(field)
}

// check refuses a comment that could not be kept.
func (c Comment) check() error {
	if err := checkText("comment", c.Text, maxComment); err != nil {
		return err
	}
	if len(c.Tags) > maxTags {
		return fault.New(fault.Invalid, "list_too_long", "field", "comment.tags", "most", maxTags).At("comment.tags")
	}
	for _, tag := range c.Tags {
		if err := checkText("comment.tags", tag, maxTag); err != nil {
			return err
		}
	}
	return nil
}

func (r Retry) check() error {
	if r.Count < 0 || r.Count > MaxRetries {
		return outOfRange("options.retry.count", 0, MaxRetries)
	}
	if r.Delay < 0 || r.Delay > MaxRetryDelay {
		return outOfRange("options.retry.delay", 0, int(MaxRetryDelay/time.Second))
	}
	return nil
}

// check refuses a cover page that lacks a part, or that could not be drawn.
func (c *CoverPage) check() error {
	if c == nil {
		return nil
	}
	for _, part := range []struct{ field, text string }{
		{"cover_page.name_to", c.NameTo}, {"cover_page.name_from", c.NameFrom}, {"cover_page.subject", c.Subject},
	} {
		if strings.TrimSpace(part.text) == "" {
			return fault.New(fault.Invalid, "value_missing", "field", part.field).At(part.field)
		}
		if err := checkText(part.field, part.text, maxCoverName); err != nil {
			return err
		}
	}
	for _, flag := range c.Flags {
		if !slices.Contains(CoverFlags(), flag) {
			return notOneOf("cover_page.flags", CoverFlags()...)
		}
	}
	return checkText("cover_page.message", c.Message, maxMessage)
}

// Resolutions are what Submission.Resolution may be, besides empty.
func Resolutions() []string { return []string{"standard", "fine", "superfine"} }

func (r Request) check() error {
	if len(r.Key) > maxKey || strings.ContainsFunc(r.Key, func(c rune) bool { return c < ' ' || c > '~' }) {
		return fault.New(fault.Invalid, "idempotency_key_invalid", "most", maxKey).At("Idempotency-Key")
	}
	return nil
}
