package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// apiClient calls the HTTP API as any other program does.
type apiClient struct {
	url    string // without a slash at the end
	token  string
	client *http.Client
}

// errNotWaiting means that a fax is no longer in the outbox.
var errNotWaiting = errors.New("not in the outbox")

const maxAnswer = 64 << 20 // bytes

// call makes one request and gives the body of the answer. What the server refuses is
// its own sentence.
func (a *apiClient) call(ctx context.Context, method, path, mediaType string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		return content, &apiError{answer.StatusCode, content}
	}
	return content, nil
}

// apiError is what the server refused, and why.
type apiError struct {
	status int
	body   []byte
}

func (e *apiError) Error() string { return fmt.Sprintf("HTTP status %d: %s", e.status, e.body) }

// get reads an object.
func get[T any](ctx context.Context, a *apiClient, path string) (object T, err error) {
	body, err := a.call(ctx, http.MethodGet, path, "", nil)
	if err == nil {
		err = json.Unmarshal(body, &object)
	}
	return object, err
}

// ready waits until the server answers, and knows the token.
func (a *apiClient) ready(ctx context.Context) error {
	for {
		_, err := a.call(ctx, http.MethodGet, "/v3/accounts/self/numbers", "", nil)
		if err == nil {
			return nil
		}
		if refused := new(apiError); errors.As(err, &refused) && refused.status != http.StatusUnauthorized && refused.status < 500 {
			return err
		}
		if waited := pause(ctx, quickstartPoll); waited != nil {
			return fault.New(fault.Unavailable, "healthcheck_failed", "url", a.url, "cause", err.Error())
		}
	}
}

// number is the account's number on the test line.
func (a *apiClient) number(ctx context.Context) (string, error) {
	all, err := get[struct {
		Numbers []struct {
			Number string `json:"number"`
		} `json:"numbers"`
	}](ctx, a, "/v3/accounts/self/numbers")
	if err == nil && len(all.Numbers) == 0 {
		err = fault.New(fault.NotFound, "quickstart_number")
	}
	if err != nil {
		return "", err
	}
	return all.Numbers[0].Number, nil
}

// upload puts a text and gives its path.
func (a *apiClient) upload(ctx context.Context, name, text string) (path string, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("fax_file", name)
	if err == nil {
		_, err = io.WriteString(part, text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return "", err
	}
	body, err := a.call(ctx, http.MethodPost, "/v3/accounts/self/files", w.FormDataContentType(), form.Bytes())
	var uploaded struct {
		Path string `json:"path"`
	}
	if err == nil {
		err = json.Unmarshal(body, &uploaded)
	}
	return uploaded.Path, err
}

// submit sends an upload and gives the id of the fax.
func (a *apiClient) submit(ctx context.Context, from, to, path string) (id string, err error) {
	order, err := json.Marshal(map[string]any{
		"from": from, "to": []string{to}, "files": []string{path}, "return_ids": true,
		"options": map[string]any{"enhancement": true, "retry": map[string]int{"count": 1, "delay": 1}},
	})
	if err != nil {
		return "", err
	}
	body, err := a.call(ctx, http.MethodPost, "/v3/accounts/self/outbox", "application/json", order)
	var made struct {
		IDs map[string]string `json:"ids"`
	}
	if err == nil {
		err = json.Unmarshal(body, &made)
	}
	return made.IDs[to], err
}

// outboxFax is how far a fax of the outbox is.
type outboxFax struct {
	Status string    `json:"status"`
	To     []string  `json:"to"` // one
	Call   *struct { // nil: none is going on
		Stage     string `json:"stage"` // a line.Stage, or "waiting"
		Transport string `json:"transport"`
		Rate      int    `json:"rate"` // bit/s
		ECM       bool   `json:"ecm"`
		Pages     int    `json:"pages"` // confirmed
		PageCount int    `json:"page_count"`
	} `json:"call"`
}

// waiting reads a fax of the outbox. One that is there no more is errNotWaiting.
func (a *apiClient) waiting(ctx context.Context, id string) (outboxFax, error) {
	job, err := get[outboxFax](ctx, a, "/v3/accounts/self/outbox/"+id)
	if refused := new(apiError); errors.As(err, &refused) && refused.status == http.StatusNotFound {
		return outboxFax{}, errNotWaiting
	}
	return job, err
}

// received is a fax of the inbox.
type received struct {
	ID    string `json:"id"`
	From  string `json:"from"`
	Pages int    `json:"pages"`
	Start string `json:"start_time"`
}

// start is when its call began; zero when the server does not say.
func (r received) start() time.Time {
	t, _ := time.Parse(time.DateTime, r.Start)
	return t
}

// inbox gives the received faxes, the newest first.
func (a *apiClient) inbox(ctx context.Context) ([]received, error) {
	all, err := get[struct {
		Data struct {
			Records []received `json:"records"`
		} `json:"data"`
	}](ctx, a, "/v3/accounts/self/faxes?category=inbox")
	return all.Data.Records, err
}

// file downloads the pages of a fax.
func (a *apiClient) file(ctx context.Context, id, format string) ([]byte, error) {
	return a.call(ctx, http.MethodGet, "/v3/accounts/self/files/"+id+"?format="+format, "", nil)
}
