package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

func TestAFaxKeepsItsIDWhenItIsOver(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		id := g.send(t, token, "+15005550001")
		g.get(t, token, "/v3/accounts/self/outbox/"+id).is(200, "")
		g.get(t, token, "/v3/accounts/self/faxes/"+id).is(404, "fax_unknown")
		g.deliver(t, line.OK)
		g.get(t, token, "/v3/accounts/self/outbox/"+id).is(404, "fax_unknown")
		a := g.get(t, token, "/v3/accounts/self/faxes/"+id).is(200, "")
		for key, want := range map[string]string{
			"id": id, "owner_id": g.member.ID, "direction": "outgoing", "status": "success", "description": "OK", "pages": "2", "cost": "2",
			"cost_details": "map[]", "comment": "", "duration": "20", "file": id + ".tiff", "file_name": "fax-to-15005550001",
			"from": "no_number", "to": "+15005550001", "is_read": "false", "is_spam": "false", "max_retry": "0", "retry_delay": "0",
			"submit_time": "2026-11-23 07:05:00", "start_time": "2026-11-23 07:05:00", "scheduled_time": "<nil>",
		} {
			if got := fmt.Sprint(a.json()[key]); got != want {
				t.Errorf("%s = %s, want %s", key, got, want)
			}
		}
		if attempts, _ := a.json()["attempts"].([]any); len(attempts) != 1 || attempts[0].(map[string]any)["id"] != id {
			t.Errorf("the attempts are %v", attempts)
		}
		for _, path := range []string{
			"/v3/accounts/self/files/" + id, "/v3/accounts/self/files/" + id + ".tiff", "/v1/accounts/self/files/" + id,
			"/v3/accounts/self/report/" + id, "/v2/accounts/" + g.member.ID + "/archives/" + id, "/v1/accounts/self/archives/" + id,
		} {
			g.get(t, token, path).is(200, "")
		}
	})
}

func TestAFaxThatFailedSaysWhy(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxEdit)
	for _, tt := range []struct {
		outcome line.Outcome
		status  string
	}{{line.Busy, "failed_user_busy"}, {line.NoAnswer, "failed_no_answer"}, {line.NoFax, "failed_fs_2"}, {line.Dropped, "failed_fs_49"}} {
		id := g.send(t, token, "+15005550002")
		g.deliver(t, tt.outcome)
		a := g.get(t, token, "/v3/accounts/self/faxes/"+id).is(200, "").json()
		if a["status"] != tt.status || a["description"] == "OK" || a["pages"] != 0.0 {
			t.Errorf("%s: %v", tt.outcome, a)
		}
	}
}

func TestARefusedDocumentSaysWhatToDo(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxEdit)
	id := g.send(t, token, "+15005550001")
	now := g.clock.Now()
	c, err := g.db.ClaimConversion(t.Context(), exchange, now, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	why := fault.New(fault.Invalid, "document_encrypted", "name", "letter.pdf")
	if err := g.db.FailConversion(t.Context(), exchange, c.ID, fax.FailedConvertToTIFF, why, now); err != nil {
		t.Fatal(err)
	}
	want := "“letter.pdf” is protected with a password, so that its pages cannot be read. " +
		"Remove the password, or print the document to a new PDF, and send that."
	f := g.get(t, token, "/v3/accounts/self/faxes/"+id).is(200, "").json()
	if f["description"] != want || f["status"] != "failed_convert_to_tiff_issue" {
		t.Errorf("%s: %s", f["status"], f["description"])
	}
}

// ids of a list, in its order.
func listed(a answer) string {
	var all []string
	for _, record := range a.is(200, "").records() {
		all = append(all, fmt.Sprint(record["comment"]))
	}
	return strings.Join(all, " ")
}

// Four faxes, an hour apart, each with its letter as the comment: a received, b sent,
// c spam, d received.
func (g *gate) alphabet(t *testing.T, acc auth.Account) {
	t.Helper()
	token := g.token(t, acc, auth.FaxEdit)
	g.receive(t, acc, func(f *fax.Fax) { f.Comment.Text, f.Pages, f.IsRead = "a", 1, true })
	g.clock.Advance(time.Hour)
	id := g.send(t, token, "+15005550001")
	g.put(t, token, "/v3/accounts/self/outbox/"+id, `{"comment": "b"}`).is(204, "")
	g.deliver(t, line.OK)
	g.clock.Advance(time.Hour)
	g.receive(t, acc, func(f *fax.Fax) { f.Comment.Text, f.IsSpam = "c", true })
	g.clock.Advance(time.Hour)
	g.receive(t, acc, func(f *fax.Fax) {
		f.Comment.Text, f.Pages, f.From, f.Status = "d", 9, "+442071234567", fax.PartiallyReceived
	})
}

func TestListsOfFaxes(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		g.alphabet(t, g.member)
		token := g.token(t, g.member, auth.FaxRead)
		for query, want := range map[string]string{
			"":                                      "d b a",
			"category=inbox":                        "d a",
			"category=sent":                         "b",
			"category=spam":                         "c",
			"limit=2":                               "d b",
			"limit=2&offset=1":                      "b a",
			"limit=500":                             "d b a",
			"order=asc":                             "a b d",
			"order=desc":                            "d b a",
			"sort_by=pages":                         "d b a",
			"sort_by=pages&order=asc":               "a b d",
			"sort_by=comment":                       "d b a",
			"sort_by=from&order=asc&category=inbox": "d a",
			"after=2026-11-23+08%3A05%3A00":         "d b",
			"after=2026-11-23+08%3A05%3A01":         "d",
			"before=2026-11-23+08%3A05%3A00":        "a",
			"before=2026-11-23+08%3A05%3A01":        "b a",
			"after=2026-11-23+08:05:00&before=2026-11-23+10:05:00": "b",
			"status=partially_received":                            "d",
			"is_read=true":                                         "a",
			"is_read=False":                                        "d b",
			"min_pages=2":                                          "d b",
			"max_pages=2":                                          "b a",
			"from_number=%2B442071234567":                          "d",
			"from_number=+442071234567":                            "d",
			"from_number=no_number":                                "b",
			"to_number=%2B15005550001":                             "b",
			"to_number=%2B1 (500) 555-0001":                        "b",
			"in_progress=false":                                    "d b a",
			"in_progress=True":                                     "",
			"in_progress=true&category=sent&offset=0":              "",
			"in_progress=&unknown=x&limit=":                        "d b a",
		} {
			for _, path := range []string{"/v3/accounts/self/faxes", "/v1/accounts/" + g.member.ID + "/archives"} {
				if got := listed(g.get(t, token, path+"?"+strings.ReplaceAll(query, " ", "%20"))); got != want {
					t.Errorf("%s?%s: %q, want %q", path, query, got, want)
				}
			}
		}
		for query, code := range map[string]string{
			"category=x": "value_not_allowed", "limit=0": "value_out_of_range", "limit=501": "value_out_of_range", "limit=x": "value_out_of_range",
			"limit=-1": "value_out_of_range", "offset=-1": "value_out_of_range", "offset=99999999999999999999": "value_out_of_range",
			"order=up": "value_not_allowed", "sort_by=x": "value_not_allowed", "status=x": "value_not_allowed", "is_read=maybe": "value_not_allowed",
			"after=yesterday": "time_invalid", "before=2026-11-23": "time_invalid", "from_number=x": "number_invalid", "min_pages=x": "value_out_of_range",
			"in_progress=sending": "value_not_allowed",
		} {
			a := g.get(t, token, "/v3/accounts/self/faxes?"+query).is(400, code)
			if field, _ := a.json()["field"].(string); !strings.HasPrefix(query, field+"=") || field == "" {
				t.Errorf("%s: the field is %q", query, field)
			}
		}
		g.get(t, token, "/v3/accounts/self/faxes?limit=%zz").is(400, "query_malformed")
	})
}

// Before it is over, a fax is in the outbox and in no list of faxes.
func TestAFaxOnItsWayIsInTheOutboxAlone(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		id := g.send(t, token, "+15005550001")
		lists := func(outbox, over int) {
			t.Helper()
			for path, want := range map[string]int{"outbox": outbox, "faxes": over, "faxes?in_progress=false": over, "faxes?in_progress=true": 0} {
				if n := len(g.get(t, token, "/v3/accounts/self/"+path).is(200, "").records()); n != want {
					t.Errorf("%s lists %d, want %d", path, n, want)
				}
			}
		}
		lists(1, 0)
		g.deliver(t, line.OK)
		lists(0, 1)
		g.get(t, token, "/v3/accounts/self/faxes/"+id).is(200, "")
		colleague := "/v3/accounts/" + g.member.ID + "/faxes?in_progress=true"
		g.get(t, g.token(t, g.owner, auth.FaxAllRead), colleague+"&category=sent").is(403, "role_required")
		g.get(t, g.token(t, g.lead, auth.FaxAllRead), colleague).is(403, "role_required")
	})
}

func TestAFaxIsMarkedAndDeleted(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		f := g.receive(t, g.member)
		token, path := g.token(t, g.member, auth.FaxEdit), "/v3/accounts/self/faxes/"+f.ID
		said := func(want string) {
			t.Helper()
			a := g.get(t, token, path).is(200, "").json()
			if got := fmt.Sprint(a["comment"], " ", a["is_read"]); got != want {
				t.Errorf("it says %s, want %s", got, want)
			}
		}
		g.put(t, token, path, `{"comment": "至急", "is_read": true}`).is(204, "")
		for _, nothing := range []string{"", "{}", `{"comment": null, "is_read": null}`} {
			g.put(t, token, path, nothing).is(204, "")
		}
		said("至急 true")
		g.put(t, token, path, `{"is_read": false}`).is(204, "")
		said("至急 false")
		g.put(t, token, path, `{"comment": ""}`).is(204, "")
		said(" false")
		odd, _ := json.Marshal("\"q\" \\ <b>&\u2028 \x01 🖨")
		g.put(t, token, path, `{"comment": `+string(odd)+`}`).is(204, "")
		said("\"q\" \\ <b>&\u2028 \x01 🖨 false")
		g.put(t, token, path, `{"is_read": "yes"}`).is(400, "json_wrong_type")
		g.put(t, token, path, `{"comment": "`+strings.Repeat("x", 2001)+`"}`).is(400, "text_too_long")
		reader := g.token(t, g.member, auth.FaxRead)
		g.put(t, reader, path, `{}`).is(403, "insufficient_scope")
		g.delete(t, reader, path, "").is(403, "insufficient_scope")
		g.delete(t, token, path, "").is(204, "")
		for _, a := range []answer{
			g.delete(t, token, path, ""), g.get(t, token, path), g.put(t, token, path, "{}"),
			g.get(t, token, "/v3/accounts/self/files/"+f.ID), g.get(t, token, "/v3/accounts/self/report/"+f.ID),
		} {
			a.is(404, "fax_unknown")
		}
	})
}

func TestSeveralFaxesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		a, b := g.receive(t, g.member), g.receive(t, g.member)
		foreign := g.receive(t, g.lead)
		token := g.token(t, g.member, auth.FaxEdit)
		ids := fmt.Sprintf(`"ids": [%q, %q, %q, %q]`, a.ID, b.ID, a.ID, foreign.ID)
		for _, path := range []string{"/v3/accounts/self/faxes", "/v2/accounts/self/archives"} {
			if got := g.put(t, token, path, `{`+ids+`, "is_read": true, "comment": "x"}`).is(200, "").results(); got != "204 <nil>, 204 <nil>, 404 fax_unknown" {
				t.Errorf("changed: %s", got)
			}
		}
		if got := listed(g.get(t, token, "/v3/accounts/self/faxes?is_read=true")); got != "x x" {
			t.Errorf("read are %q", got)
		}
		deleted := g.call(t, "DELETE", "/v3/accounts/self/faxes", strings.NewReader(`{`+ids+`}`), "Authorization", "Bearer "+token, "Accept-Language", "ja").is(200, "")
		if got := deleted.results(); got != "204 <nil>, 204 <nil>, 404 fax_unknown" || !bytes.Contains(deleted.body, []byte("ファクス")) {
			t.Errorf("deleted: %s", deleted.body)
		}
		if n := len(g.get(t, g.token(t, g.lead, auth.FaxRead), "/v3/accounts/self/faxes").records()); n != 1 {
			t.Error("somebody else's fax is gone")
		}
	})
}

// Nobody changes a fax while it is being sent.
func TestAFaxThatIsBeingSentIsLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FaxEdit)
		id := g.send(t, token, "+15005550001")
		g.dial(t)
		path := "/v3/accounts/self/outbox"
		if status := g.get(t, token, path+"/"+id).is(200, "").json()["status"]; status != "sending" {
			t.Errorf("it is %v", status)
		}
		g.put(t, token, path+"/"+id, `{"comment": "x"}`).is(409, "fax_sending")
		g.delete(t, token, path+"/"+id, "").is(409, "fax_sending")
		if got := g.delete(t, token, path, fmt.Sprintf(`{"ids": [%q]}`, id)).is(200, "").results(); got != "409 fax_sending" {
			t.Errorf("in bulk: %s", got)
		}
		if got := g.put(t, token, path, fmt.Sprintf(`{"ids": [%q], "comment": "x"}`, id)).is(200, "").results(); got != "409 fax_sending" {
			t.Errorf("in bulk: %s", got)
		}
	})
}

func TestDownloadsComeAsTheyAreWanted(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		f := g.receive(t, g.member)
		token := g.token(t, g.member, auth.FaxRead|auth.UserEdit)
		wanted := func(want, query string, accept ...string) {
			t.Helper()
			headers := []string{"Authorization", "Bearer " + token}
			for _, a := range accept {
				headers = append(headers, "Accept", a)
			}
			a := g.call(t, "GET", "/v3/accounts/self/files/"+f.ID+query, nil, headers...).is(200, "")
			kind, magic := "application/pdf", "%PDF-"
			if want == "tiff" {
				kind, magic = "image/tiff", "II*\x00"
			}
			a.has("Content-Type", kind).has("Content-Disposition", "attachment; filename="+f.ID+"."+want)
			if !bytes.HasPrefix(a.body, []byte(magic)) {
				t.Errorf("%s %v: it begins with %q", query, accept, a.body[:8])
			}
		}
		wanted("pdf", "")
		wanted("pdf", "", "application/json") // as the official Python library asks
		wanted("pdf", "", "application/json, text/plain, */*")
		wanted("tiff", "", "image/tiff")
		wanted("tiff", "", "text/html", "image/tiff")
		wanted("pdf", "", "application/pdf, image/tiff")
		wanted("tiff", "", "application/pdf;q=0.5, image/tiff;q=0.9")
		wanted("pdf", "", "image/tiff;q=0, application/pdf")
		wanted("pdf", "?format=pdf", "image/tiff")
		wanted("tiff", "?format=tiff", "application/pdf")
		wanted("tiff", "?format=TIFF")
		g.put(t, token, "/v3/accounts/self", `{"account_data": {"default_file_type": "tiff"}}`).is(204, "")
		wanted("tiff", "")
		wanted("tiff", "", "application/json")
		wanted("pdf", "", "application/pdf")
		wanted("pdf", "?format=pdf")
		g.get(t, token, "/v3/accounts/self/files/"+f.ID+"?format=doc").is(400, "value_not_allowed").has("Content-Disposition", "")
		g.get(t, token, "/v3/accounts/self/files/nothing").is(404, "fax_unknown").has("Content-Disposition", "").has("Content-Type", "application/json")
		a := g.call(t, "GET", "/v3/accounts/self/report/"+f.ID, nil, "Authorization", "Bearer "+token, "Accept-Language", "ja", "Accept", "application/json").is(200, "")
		if a.has("Content-Type", "application/pdf"); !strings.HasSuffix(string(a.body), f.ID+" success ja") {
			t.Errorf("the report is %s", a.body)
		}
	})
}

// Half a document must not look like a whole one.
func TestADamagedDocumentIsNoDownload(t *testing.T) {
	g := sqlite(t)
	f := g.receive(t, g.member, func(f *fax.Fax) { f.Document.Blob = g.pages(t, 1).Blob })
	if err := g.blobs.Delete(t.Context(), f.Document.Blob); err != nil {
		t.Fatal(err)
	}
	token := g.token(t, g.member, auth.FaxRead)
	g.get(t, token, "/v3/accounts/self/files/"+f.ID).is(500, "internal").has("Content-Disposition", "")
}

func TestAFaxIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		own, below := g.receive(t, g.manager), g.receive(t, g.member)
		remote := g.receive(t, g.remote)
		token := g.token(t, g.manager, auth.FaxEdit)
		send := func(source string) answer {
			return g.postJSON(t, token, "/v3/accounts/self/outbox", `{"from": "no_number", "to": ["+15005550001"], "from_fax": `+source+`}`)
		}
		send(fmt.Sprintf(`{"fax_id": %q}`, own.ID)).is(201, "")
		send(fmt.Sprintf(`{"fax_id": %q, "user_id": "self"}`, own.ID)).is(201, "")
		send(fmt.Sprintf(`{"fax_id": %q, "user_id": %q}`, below.ID, g.member.ID)).is(201, "")
		send(fmt.Sprintf(`{"fax_id": %q}`, below.ID)).is(404, "fax_unknown")
		send(fmt.Sprintf(`{"fax_id": %q, "user_id": %q}`, remote.ID, g.remote.ID)).is(403, "role_required")
		send(`{"fax_id": "x", "user_id": "x"}`).is(404, "account_unknown")
		send(`{"fax_id": "x"}`).is(404, "fax_unknown").says("field", "from_fax.fax_id")
		send(`{}`).is(400, "value_missing").says("field", "from_fax.fax_id")
		send(`"x"`).is(400, "json_wrong_type")
		g.deliver(t, line.OK)
		if got := g.get(t, token, "/v3/accounts/self/faxes?category=sent").records(); len(got) != 3 {
			t.Errorf("%d were sent", len(got))
		}
	})
}

// The uid of a path may be written in each of its forms.
func TestAPathTakesAUIDInAnyForm(t *testing.T) {
	g := sqlite(t)
	g.receive(t, g.member)
	token := g.token(t, g.member, auth.FaxRead)
	for _, id := range []string{"self", g.member.ID, dashed(g.member.ID), strings.ToUpper(g.member.ID)} {
		if n := len(g.get(t, token, "/v3/accounts/"+url.PathEscape(id)+"/faxes").is(200, "").records()); n != 1 {
			t.Errorf("%s: %d faxes", id, n)
		}
	}
	for _, id := range []string{"me", "0", strings.Repeat("%00", 32)} {
		g.get(t, token, "/v3/accounts/"+id+"/faxes").is(404, "account_unknown")
	}
}
