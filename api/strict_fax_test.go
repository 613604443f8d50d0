package api_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The values that SDK 3.0.4 knows. Any other raises.
var (
	sdkFaxStatus = []string{
		"success", "partially_sent", "partially_received", "insufficient_credit", "failed", "failed_internal_process_error",
		"failed_user_busy", "failed_no_answer", "failed_unallocated_number", "failed_office_converter_issue",
		"failed_separate_file_pages_issue", "failed_render_header_issue", "failed_invalid_number_format",
		"failed_mimetype_not_supported", "failed_destination_not_supported", "failed_image_preparation", "failed_to_send",
		"failed_normal_temporary_failure", "failed_unknown_converter_issue", "failed_normal_clearing",
		"failed_convert_to_tiff_issue", "failed_fs_49", "failed_fs_2",
	}
	sdkOutboxStatus = []string{"submitted", "converting", "scheduled_for_sending", "sending"}
	sdkCoverFlags   = []string{"urgent", "for_review", "please_reply", "confidential"}

	sdkNumber     = regexp.MustCompile(`^\+\d{8,}$`)
	sdkFileName   = regexp.MustCompile(`^[0-9a-f]{32}\.tiff$`)
	sdkSendTime   = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \+\d{4}$`)
	sdkAttachment = regexp.MustCompile(`filename=[^'"\s;]+`)
)

// fax is a Fax: 5.1 of the wire.
func (s *strict) fax(o map[string]any) {
	s.text(o, "id")
	s.matches(o, "owner_id", sdkUID)
	s.whole(o, "pages")
	s.oneOf(o, "status", sdkFaxStatus...)
	s.text(o, "comment")
	for key, v := range s.object(o, "cost_details") {
		if _, ok := v.(float64); !ok || key != "multiplier" && key != "notification_cost" {
			s.raise("cost_details.%s is %v", key, v)
		}
	}
	s.wholeIfAny(o, "cost", 1<<40)
	s.wholeIfAny(o, "duration", 1<<40)
	s.wholeIfAny(o, "max_retry", 3)
	s.wholeIfAny(o, "retry_delay", 30)
	s.oneOf(o, "direction", "incoming", "outgoing")
	s.flags(o, "is_read", "is_spam")
	for _, key := range []string{"from", "from_number", "to", "to_number", "description", "file_name"} {
		s.text(o, key)
	}
	if o["from"] != o["from_number"] || o["to"] != o["to_number"] {
		s.raise("the pairs differ: %v", o)
	}
	if o["file"] != "" { // nothing was converted
		s.matches(o, "file", sdkFileName)
	}
	for _, key := range []string{"last_update", "start_time", "submit_time", "scheduled_time"} {
		s.matchesIfAny(o, key, sdkTime)
	}
	s.coverPageIfAny(o)
}

// outbox is an Outbox: 5.3 of the wire.
func (s *strict) outbox(o map[string]any) {
	s.text(o, "id")
	s.matches(o, "uid", sdkUID)
	s.oneOf(o, "status", sdkOutboxStatus...)
	comment := s.object(o, "comment")
	s.list(comment, "tags")
	s.text(comment, "text")
	for _, key := range []string{"last_updated_status_time", "submit_time"} {
		s.matches(o, key, sdkTime)
	}
	s.matchesIfAny(o, "send_time", sdkSendTime)
	s.each(o, "status_changes", func(s *strict, change map[string]any) {
		s.matches(change, "at", sdkTime)
		s.oneOf(change, "status", sdkOutboxStatus...)
	})
	s.retry(s.object(o, "retry"))
	options := s.object(o, "options")
	s.flags(options, "enhancement")
	s.retry(s.object(options, "retry"))
	s.flags(o, "should_enhance")
	s.wholeIfAny(o, "page_count", 1<<40)
	s.list(o, "to")
	s.list(o, "files")
	s.list(o, "file_changes")
	s.coverPageIfAny(o)
}

func (s *strict) retry(o map[string]any) {
	for key, most := range map[string]float64{"count": 3, "delay": 30} {
		if n, ok := o[key].(float64); !ok || n < 0 || n > most || n != float64(int(n)) {
			s.raise("retry.%s is %v", key, o[key])
		}
	}
}

func (s *strict) coverPageIfAny(o map[string]any) {
	if o["cover_page"] == nil {
		return
	}
	cover := s.object(o, "cover_page")
	for _, key := range []string{"name_to", "name_from", "subject"} {
		s.text(cover, key)
	}
	flags, _ := cover["flags"].([]any)
	for _, flag := range flags {
		if name, ok := flag.(string); !ok || !slices.Contains(sdkCoverFlags, name) {
			s.raise("a flag is %v", flag)
		}
	}
}

// ids is the answer to a submission: nothing, or an id for each destination.
func (s *strict) ids(o map[string]any) {
	if len(o) == 0 {
		return
	}
	for destination, id := range s.object(o, "ids") {
		if text, ok := id.(string); !ok || text == "" {
			s.raise("the id of %s is %v", destination, id)
		}
	}
}

// phoneNumber is a Number: 6.3 of the wire.
func (s *strict) phoneNumber(o map[string]any) {
	s.matches(o, "id", sdkUID)
	s.matches(o, "number", sdkNumber)
	s.text(o, "owner_id")
	s.list(o, "assigned_to")
	s.matches(o, "acquired_date", sdkTime)
	s.oneOf(o, "status", "waiting_verification", "active")
	s.matchesIfAny(o, "expiration_date", sdkTime)
}

// hooks is the answer of /hooks. An event that SDK 3.0.4 does not know raises.
func (s *strict) hooks(method string, o map[string]any) {
	if method == http.MethodPost {
		s.text(o, "id")
		return
	}
	s.each(o, "data", func(s *strict, hook map[string]any) {
		s.text(hook, "id")
		s.text(hook, "target")
		s.oneOf(hook, "event", "fax_sent", "fax_received")
	})
}

// result is one item of a bulk call.
func (s *strict) result(o map[string]any) {
	s.text(o, "id")
	s.whole(o, "status")
}

// isSavedByStrictClients holds a download to what the SDK saves: its name, where
// there is one, must stand plain and without quotes.
func (a answer) isSavedByStrictClients() {
	a.t.Helper()
	name := a.Header.Get("Content-Disposition")
	if name != "" && (!sdkAttachment.MatchString(name) || strings.ContainsAny(name, `"'/\`)) {
		a.t.Errorf("%s: a strict client raises: Content-Disposition is %s", a.Request.URL.Path, name)
	}
}

// each reads the list under a key with read.
func (s *strict) each(o map[string]any, key string, read func(*strict, map[string]any)) {
	list, ok := o[key].([]any)
	if !ok {
		s.raise("%s is %v", key, o[key])
	}
	for _, item := range list {
		inner, ok := item.(map[string]any)
		if !ok {
			s.raise("%s has %v", key, item)
			continue
		}
		read(s, inner)
	}
}

func (s *strict) text(o map[string]any, key string) {
	if _, ok := o[key].(string); !ok {
		s.raise("%s is %v", key, o[key])
	}
}

func (s *strict) whole(o map[string]any, key string) {
	if n, ok := o[key].(float64); !ok || n < 0 || n != float64(int64(n)) {
		s.raise("%s is %v", key, o[key])
	}
}

// wholeIfAny is for keys that may be missing or null.
func (s *strict) wholeIfAny(o map[string]any, key string, most float64) {
	if o[key] == nil {
		return
	}
	s.whole(o, key)
	if n, ok := o[key].(float64); ok && n > most {
		s.raise("%s is %v", key, n)
	}
}

func (s *strict) matchesIfAny(o map[string]any, key string, form *regexp.Regexp) {
	if o[key] != nil {
		s.matches(o, key, form)
	}
}
