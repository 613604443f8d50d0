package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
)

// send submits a fax with a new upload, and gives the id of its one destination.
func (g *gate) send(t *testing.T, token, to string) string {
	t.Helper()
	a := g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(
		`{"from": "no_number", "to": [%q], "files": [%q], "return_ids": true}`, to, g.upload(t, token, "a.pdf", "%PDF-1.4").path())).is(201, "")
	return a.ids()[to]
}

// ids are those of a submission's answer.
func (a answer) ids() map[string]string {
	ids := map[string]string{}
	found, _ := a.json()["ids"].(map[string]any)
	for to, id := range found {
		ids[to], _ = id.(string)
	}
	return ids
}

// records are those of a list.
func (a answer) records() []map[string]any {
	object := a.json()
	if data, found := object["data"].(map[string]any); found {
		object = data
	}
	list, _ := object["records"].([]any)
	records := make([]map[string]any, len(list))
	for i, record := range list {
		records[i], _ = record.(map[string]any)
	}
	return records
}

func TestAFaxIsSubmittedAndStandsInTheOutboxAtOnce(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		path := g.upload(t, token, "請求書.pdf", "%PDF-1.4").path()
		a := g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(`{
			"from": "no_number", "to": ["+81 3-1234-5678", "+15005550002", "+81312345678"], "files": [%q],
			"comment": {"tags": ["x", "日本"], "text": "急ぎ"}, "options": {"enhancement": true, "retry": {"count": 2, "delay": 15}},
			"send_time": "2026-12-24 09:00:00 +0900", "return_ids": true, "resolution": "superfine",
			"cover_page": {"name_to": "A", "name_from": "B", "subject": "C", "flags": ["urgent"], "message": "D"}}`, path)).is(201, "")
		ids := a.ids()
		if len(ids) != 3 || ids["+81 3-1234-5678"] != ids["+81312345678"] || ids["+15005550002"] == ids["+81312345678"] {
			t.Fatalf("the ids are %v", ids)
		}
		job := g.get(t, token, "/v3/accounts/self/outbox/"+ids["+81312345678"]).is(200, "").json()
		for key, want := range map[string]string{
			"id": ids["+81312345678"], "uid": g.member.ID, "status": "submitted", "to": "[+81312345678]", "src": "no_number",
			"comment": "map[tags:[x 日本] text:急ぎ]", "send_time": "2026-12-24 00:00:00 +0000", "files": "[" + path + "]",
			"options": "map[enhancement:true retry:map[count:2 delay:15]]", "retry": "map[count:2 delay:15]", "should_enhance": "true",
			"cover_page":   "map[flags:[urgent] message:D name_from:B name_to:A subject:C]",
			"file_changes": "[map[at:2026-11-23 07:05:00 files:[map[file_name:請求書.pdf mime_type:application/pdf size:8]]]]",
			"submit_time":  "2026-11-23 07:05:00", "ip": "127.0.0.1", "attempts": "[]",
		} {
			if got := fmt.Sprint(job[key]); got != want {
				t.Errorf("%s = %s, want %s", key, got, want)
			}
		}
		records := g.get(t, token, "/v3/accounts/self/outbox").is(200, "").records()
		if len(records) != 2 {
			t.Fatalf("the outbox has %d records", len(records))
		}
		for _, version := range []string{"/v1", "/v2"} {
			if n := len(g.get(t, token, version+"/accounts/self/outbox").is(200, "").records()); n != 2 {
				t.Errorf("%s: the outbox has %d records", version, n)
			}
		}
		quiet := g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(`{"from": "NO_NUMBER", "to": ["+15005550002"], "files": [%q]}`, path)).is(201, "")
		if string(quiet.body) != "{}" {
			t.Errorf("ids that nobody asked for: %s", quiet.body)
		}
	})
}

// What a submission does not say is as the account's settings have it.
func TestTheSettingsOfTheAccountHoldForItsFaxes(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxEdit|auth.UserEdit)
	g.put(t, token, "/v3/accounts/self", `{"settings": {"should_enhance": true, "send_fax": {"retry": {"count": 3, "delay": 7}}}}`).is(204, "")
	job := g.get(t, token, "/v3/accounts/self/outbox/"+g.send(t, token, "+15005550001")).json()
	if fmt.Sprint(job["options"]) != "map[enhancement:true retry:map[count:3 delay:7]]" {
		t.Errorf("the options are %v", job["options"])
	}
	path := g.upload(t, token, "a.pdf", "%PDF-1.4").path()
	a := g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(
		`{"from": "no_number", "to": ["+15005550001"], "files": [%q], "return_ids": true, "options": {"enhancement": false, "retry": {"count": 0, "delay": 0}}}`, path)).is(201, "")
	job = g.get(t, token, "/v3/accounts/self/outbox/"+a.ids()["+15005550001"]).json()
	if fmt.Sprint(job["options"]) != "map[enhancement:false retry:map[count:0 delay:0]]" {
		t.Errorf("the options are %v", job["options"])
	}
}

func TestASubmissionThatCannotBeSaysWhatIsWrong(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxEdit)
	path := g.upload(t, token, "a.pdf", "%PDF-1.4").path()
	others := g.upload(t, g.token(t, g.lead, auth.FaxEdit), "a.pdf", "%PDF-1.4").path()
	many := func(n int, text string) string {
		return "[" + strings.TrimSuffix(strings.Repeat(text+",", n), ",") + "]"
	}
	body := func(edit ...string) string {
		keys := []string{"from", `"no_number"`, "to", `["+15005550001"]`, "files", fmt.Sprintf("[%q]", path)}
		var b strings.Builder
		for i := 0; i < len(keys); i += 2 {
			if at := slices.Index(edit, keys[i]); at < 0 {
				fmt.Fprintf(&b, "%q: %s,", keys[i], keys[i+1])
			}
		}
		for i := 0; i < len(edit); i += 2 {
			if edit[i+1] != "" {
				fmt.Fprintf(&b, "%q: %s,", edit[i], edit[i+1])
			}
		}
		return "{" + strings.TrimSuffix(b.String(), ",") + "}"
	}
	for _, tt := range []struct{ body, code, field string }{
		{body("to", ""), "value_missing", "to"},
		{body("to", "[]"), "value_missing", "to"},
		{body("to", `["12"]`), "number_invalid", "to"},
		{body("to", `"+15005550001"`), "json_wrong_type", "to"},
		{body("to", many(fax.MaxDestinations+1, `"+15005550001"`)), "too_many_destinations", "to"},
		{body("files", ""), "value_missing", "files"},
		{body("files", `["/storage/transient-0.pdf"]`), "upload_unknown", "files"},
		{body("files", fmt.Sprintf("[%q]", others)), "upload_unknown", "files"},
		{body("files", many(fax.MaxFiles+1, `"`+path+`"`)), "too_many_files", "files"},
		{body("from", ""), "value_missing", "from"},
		{body("from", `"+15005550001"`), "number_not_assigned", "from"},
		{body("comment", `"a text"`), "json_wrong_type", "comment"},
		{body("comment", `{"text": "`+strings.Repeat("x", 2001)+`"}`), "text_too_long", "comment"},
		{body("options", `{"retry": {"count": 4}}`), "value_out_of_range", "options.retry.count"},
		{body("options", `{"retry": {"delay": 31}}`), "value_out_of_range", "options.retry.delay"},
		{body("options", `{"retry": {"delay": 18446744073}}`), "value_out_of_range", "options.retry.delay"},
		{body("options", `{"retry": {"delay": "5"}}`), "json_wrong_type", "options.retry.delay"},
		{body("send_time", `"2026-11-23 07:03:59 +0000"`), "send_time_past", "send_time"},
		{body("send_time", `"tomorrow"`), "send_time_invalid", "send_time"},
		{body("cover_page", `{"name_to": "A"}`), "value_missing", "cover_page.name_from"},
		{body("cover_page", `{"name_to": "A", "name_from": "B", "subject": "C", "flags": ["x"]}`), "value_not_allowed", "cover_page.flags"},
		{body("resolution", `"high"`), "value_not_allowed", "resolution"},
		{`{}`, "value_missing", "to"},
		{``, "value_missing", "to"},
	} {
		a := g.postJSON(t, token, "/v3/accounts/self/outbox", tt.body).is(400, tt.code)
		if field, _ := a.json()["field"].(string); tt.field != "" && field != tt.field {
			t.Errorf("%.60s: the field is %q, want %q", tt.body, field, tt.field)
		}
	}
	for _, sent := range []string{body(), body("send_time", `"2026-11-23 16:04:30 +0900"`), body("send_time", `"2026-11-23 00:05:00 -0700"`), body("from_fax", "null")} {
		g.postJSON(t, token, "/v3/accounts/self/outbox", sent).is(201, "")
	}
	multipart, bodyType := fileForm(t, "a.pdf", "%PDF-1.4")
	g.call(t, http.MethodPost, "/v3/accounts/self/outbox", strings.NewReader(multipart), "Authorization", "Bearer "+token, "Content-Type", bodyType).is(415, "json_expected")
}

func TestASubmissionIsRepeatedUnderItsKey(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		body := fmt.Sprintf(`{"from": "no_number", "to": ["+15005550001"], "files": [%q], "return_ids": true}`, g.upload(t, token, "a.pdf", "%PDF-1.4").path())
		first := g.postJSON(t, token, "/v3/accounts/self/outbox", body, "Idempotency-Key", "k").is(201, "")
		again := g.postJSON(t, token, "/v3/accounts/self/outbox", body, "Idempotency-Key", "k").is(201, "")
		if string(first.body) != string(again.body) {
			t.Errorf("first %s, then %s", first.body, again.body)
		}
		g.postJSON(t, token, "/v3/accounts/self/outbox", body+" ", "Idempotency-Key", "k").is(409, "idempotency_key_used")
		if n := len(g.get(t, token, "/v3/accounts/self/outbox").records()); n != 1 {
			t.Errorf("%d faxes are on their way", n)
		}
		g.postJSON(t, token, "/v3/accounts/self/outbox", body, "Idempotency-Key", "l").is(201, "")
		if n := len(g.get(t, token, "/v3/accounts/self/outbox").records()); n != 2 {
			t.Errorf("%d faxes are on their way", n)
		}
	})
}

func TestAFaxOnItsWayIsCommentedAndCancelled(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		id := g.send(t, token, "+15005550001")
		path := "/v3/accounts/self/outbox/" + id
		g.put(t, token, path, `{"comment": "新しい"}`).is(204, "")
		for _, nothing := range []string{"", "{}", `{"comment": null}`} {
			g.put(t, token, path, nothing).is(204, "")
		}
		if text := fmt.Sprint(g.get(t, token, path).json()["comment"]); text != "map[tags:[] text:新しい]" {
			t.Errorf("the comment is %s", text)
		}
		g.put(t, token, path, `{"comment": {"text": "x"}}`).is(400, "json_wrong_type")
		g.put(t, token, path, `{"comment": "`+strings.Repeat("x", 2001)+`"}`).is(400, "text_too_long")
		g.delete(t, token, path, "").is(204, "")
		g.delete(t, token, path, "").is(404, "fax_unknown")
		g.get(t, token, path).is(404, "fax_unknown")
		g.put(t, token, path, `{"comment": "x"}`).is(404, "fax_unknown")
		g.put(t, token, path, "").is(404, "fax_unknown")
	})
}

// results are the status and the error of each id of a bulk call.
func (a answer) results() string {
	list, _ := a.json()["results"].([]any)
	var all []string
	for _, item := range list {
		o, _ := item.(map[string]any)
		all = append(all, fmt.Sprint(o["status"], " ", o["error"]))
	}
	return strings.Join(all, ", ")
}

func TestSeveralFaxesOnTheirWayAtOnce(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		a, b := g.send(t, token, "+15005550001"), g.send(t, token, "+15005550002")
		ids := fmt.Sprintf(`"ids": [%q, %q, %q, "nothing"]`, a, b, a)
		const path = "/v3/accounts/self/outbox"
		if got := g.put(t, token, path, `{`+ids+`, "comment": "all"}`).is(200, "").results(); got != "204 <nil>, 204 <nil>, 404 fax_unknown" {
			t.Errorf("commented: %s", got)
		}
		for _, record := range g.get(t, token, path).records() {
			if fmt.Sprint(record["comment"]) != "map[tags:[] text:all]" {
				t.Errorf("the comment is %v", record["comment"])
			}
		}
		if got := g.delete(t, token, path, `{`+ids+`}`).is(200, "").results(); got != "204 <nil>, 204 <nil>, 404 fax_unknown" {
			t.Errorf("cancelled: %s", got)
		}
		if n := len(g.get(t, token, path).records()); n != 0 {
			t.Errorf("%d are left", n)
		}
		for body, code := range map[string]string{
			"": "value_missing", "{}": "value_missing", `{"ids": []}`: "value_missing", `{"ids": "x"}`: "json_wrong_type",
			`{"ids": [` + strings.TrimSuffix(strings.Repeat(`"x",`, fax.MaxBulk+1), ",") + `]}`: "list_too_long",
		} {
			g.delete(t, token, path, body).is(400, code)
		}
		g.put(t, token, path, `{"ids": ["x"]}`).is(400, "value_missing")
	})
}

func TestTheMonthlyQuotaOfAMember(t *testing.T) {
	g := sqlite(t)
	g.put(t, g.token(t, g.owner, auth.All), "/v3/accounts/self/member-details/"+g.member.ID, `{"quota": 1}`).is(204, "")
	token := g.token(t, g.member, auth.FaxEdit)
	g.send(t, token, "+15005550001") // what waits is counted when it is its turn
	g.clock.Advance(time.Second)
	g.send(t, token, "+15005550001")
}

func TestTheHeaderLineIsThereUnlessItIsNotWanted(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		path := g.upload(t, token, "a.pdf", "%PDF-1.4").path()
		for options, want := range map[string]bool{`{}`: true, `{"header": null}`: true, `{"header": true}`: true, `{"header": false}`: false} {
			a := g.postJSON(t, token, "/v3/accounts/self/outbox", fmt.Sprintf(
				`{"from": "no_number", "to": ["+15005550001"], "files": [%q], "return_ids": true, "options": %s}`, path, options)).is(201, "")
			job, err := g.db.JobByID(t.Context(), g.member.ID, a.ids()["+15005550001"])
			if err != nil || job.Document.Headed != want {
				t.Errorf("%s: a line is %v, %v", options, job.Document.Headed, err)
			}
		}
	})
}

// Ids come as texts with any character of JSON; one that no id has is no trouble of the
// database.
func TestIDsWithForeignCharactersAreUnknown(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		for _, id := range []string{`\u0000`, strings.Repeat("あ", 11), strings.Repeat(`\u0000`, 32), `\ud800`} {
			for _, path := range []string{"outbox", "faxes"} {
				results := g.delete(t, token, "/v3/accounts/self/"+path, `{"ids": ["`+id+`"]}`).is(200, "").json()["results"].([]any)
				if got := results[0].(map[string]any)["error"]; got != "fax_unknown" {
					t.Errorf("%s %s: %v", path, id, got)
				}
			}
			send := func(keys string) answer {
				return g.postJSON(t, token, "/v3/accounts/self/outbox", `{"from": "no_number", "to": ["+15005550001"], `+keys+`}`)
			}
			send(`"from_fax": {"fax_id": "`+id+`"}`).is(404, "fax_unknown")
			send(`"files": ["/storage/transient-`+id+`"]`).is(400, "upload_unknown")
		}
	})
}
