package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// The checker raises for what the client library raises for: a checker that passes
// everything would hold nothing.
func TestStrictClientsRaise(t *testing.T) {
	t.Parallel()
	const uid = "0123456789abcdef0123456789abcdef"
	fax := `{"id": "1", "owner_id": "` + uid + `", "pages": 1, "status": "success", "comment": "", "cost_details": {}, "direction": "incoming",
		"is_read": false, "is_spam": false, "from": "", "from_number": "", "to": "", "to_number": "", "description": "", "file_name": "",
		"file": "` + uid + `.tiff", "max_retry": 3, "retry_delay": 30, "start_time": "2026-11-23 07:05:00", "submit_time": null}`
	outbox := `{"id": "1", "uid": "` + uid + `", "status": "submitted", "comment": {"tags": [], "text": ""}, "last_updated_status_time": "2026-11-23 07:05:00",
		"submit_time": "2026-11-23 07:05:00", "send_time": "2026-11-23 07:05:00 +0000", "status_changes": [{"at": "2026-11-23 07:05:00", "status": "sending"}],
		"retry": {"count": 0, "delay": 0}, "options": {"enhancement": true, "retry": {"count": 0, "delay": 0}}, "should_enhance": true, "to": [], "files": [], "file_changes": []}`
	number := `{"id": "` + uid + `", "number": "+15005550001", "owner_id": "x", "assigned_to": [], "acquired_date": "2026-11-23 07:05:00", "status": "active", "expiration_date": null}`
	for _, tt := range []struct {
		object string
		read   func(*strict, map[string]any)
		breaks [][2]string
	}{
		{fax, (*strict).fax, [][2]string{
			{`"id": "1"`, `"id": null`}, {`"pages": 1`, `"pages": null`}, {`"pages": 1`, `"pages": 1.5`}, {`"success"`, `"sending"`}, {`"comment": ""`, `"comment": null`},
			{`"cost_details": {}`, `"x": {}`}, {`"incoming"`, `"in"`}, {`"max_retry": 3`, `"max_retry": 4`}, {`"retry_delay": 30`, `"retry_delay": 31`},
			{`07:05:00"`, `07:05:00Z"`}, {`"from": ""`, `"from": "+15005550001"`}, {`.tiff`, `.pdf`}, {uid + `",`, `x",`},
		}},
		{outbox, (*strict).outbox, [][2]string{
			{`"submitted"`, `"success"`}, {`"sending"`, `"sent"`}, {`"uid": "`, `"uid": "x`}, {`"at": "2026-11-23 07`, `"at": "2026-11-23T07`}, {`"text": ""`, `"text": null`},
			{` +0000`, ``}, {`"count": 0`, `"count": 4`}, {`"to": []`, `"to": null`},
		}},
		{number, (*strict).phoneNumber, [][2]string{
			{`"active"`, `"expired"`}, {`+1500`, `1500`}, {`"assigned_to": []`, `"assigned_to": "x"`}, {`07:05:00`, ``}, {`"id": "`, `"id": "-`},
		}},
	} {
		if mistakes := strictly(t, tt.object, tt.read); len(mistakes) != 0 {
			t.Errorf("it raises for what is right: %v", mistakes)
		}
		for _, b := range tt.breaks {
			if !strings.Contains(tt.object, b[0]) {
				t.Fatalf("there is no %s", b[0])
			}
			if len(strictly(t, strings.Replace(tt.object, b[0], b[1], 1), tt.read)) == 0 {
				t.Errorf("it passes %s", b[1])
			}
		}
	}
}

// strictly lists what a strict client raises for in an object.
func strictly(t *testing.T, object string, read func(*strict, map[string]any)) []string {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(object), &o); err != nil {
		t.Fatal(err)
	}
	s := new(strict)
	read(s, o)
	return s.mistakes
}
