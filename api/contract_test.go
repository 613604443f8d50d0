package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/faxgate/faxgate/api"
	"github.com/faxgate/faxgate/auth"
)

// contract is openapi.yaml, read once.
var contract = sync.OnceValues(func() (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(api.Contract)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
})

// finder finds the operation of a request in the contract.
var finder = sync.OnceValues(func() (routers.Router, error) {
	doc, err := contract()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

func TestTheContractIsValid(t *testing.T) {
	t.Parallel()
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if ids[operation.OperationID] != "" || operation.OperationID == "" {
				t.Errorf("%s %s: the operation id %q is not its own", method, path, operation.OperationID)
			}
			ids[operation.OperationID] = path
			if operation.Summary == "" || operation.Security == nil && !strings.HasPrefix(path, "/v3/") {
				t.Errorf("%s %s: a summary and a word on security are missing", method, path)
			}
		}
	}
}

// The policy and the contract tell the same, in both directions.
func TestThePolicyIsTheContracts(t *testing.T) {
	t.Parallel()
	doc, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]auth.Scopes{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			described[method+" "+path] = scopesOf(t, doc, operation)
		}
	}
	server := &api.Server{}
	policy := map[string]auth.Scopes{}
	for _, r := range append(server.Routes(), api.AbsentRoutes(server)...) {
		policy[r.Pattern] = r.Scopes
		if r.Needs == 0 || r.Needs&r.Scopes != r.Needs || len(r.Needs.Names()) != 1 {
			t.Errorf("%s: a refusal would name %q", r.Pattern, r.Needs)
		}
	}
	for _, pattern := range api.OpenPatterns(server) {
		policy[pattern] = 0
	}
	for pattern, want := range policy {
		if got, found := described[pattern]; !found || got != want {
			t.Errorf("%s needs any of %q, and the contract says %q (described: %t)", pattern, want, got, found)
		}
	}
	for pattern := range described {
		if _, found := policy[pattern]; !found {
			t.Errorf("%s stands in the contract alone", pattern)
		}
	}
}

// scopesOf are the alternatives of an operation's security.
func scopesOf(t *testing.T, doc *openapi3.T, operation *openapi3.Operation) auth.Scopes {
	t.Helper()
	security := doc.Security
	if operation.Security != nil {
		security = *operation.Security
	}
	var all auth.Scopes
	for _, alternative := range security {
		for scheme, names := range alternative {
			if scheme == "client" {
				continue
			}
			if len(names) != 1 {
				t.Errorf("%s: an alternative of %d scopes", operation.OperationID, len(names))
			}
			s, err := auth.ParseScopes(strings.Join(names, " "))
			if err != nil {
				t.Errorf("%s: %v", operation.OperationID, err)
			}
			all |= s
		}
	}
	return all
}

// keepsTheContract holds the answer against the contract. Where the contract knows
// no such path or method, the answer is an error in the form of its part.
func (a answer) keepsTheContract() {
	a.t.Helper()
	find, err := finder()
	if err != nil {
		a.t.Fatal(err)
	}
	r := a.Request.Clone(context.Background())
	r.URL.Scheme, r.URL.Host, r.Host = "", "", ""
	r.URL.RawPath = newestPath(r.URL.EscapedPath())
	r.URL.Path, _ = url.PathUnescape(r.URL.RawPath)
	route, params, err := find.FindRoute(r)
	if err != nil {
		a.isAnErrorOfItsPart()
		return
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 a.StatusCode, Header: a.Header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		a.t.Errorf("%s %s: the answer %d breaks the contract: %v\n%.500s", r.Method, r.URL.Path, a.StatusCode, err, a.body)
	}
}

// newestPath is a path of v1 or v2 as v3 has it: the contract describes the newest
// alone.
func newestPath(path string) string {
	segments := strings.Split(path, "/")
	if len(segments) < 3 || segments[1] != "v1" && segments[1] != "v2" {
		return path
	}
	segments[1] = "v3"
	if len(segments) > 4 && segments[4] == "archives" {
		segments[4] = "faxes"
	}
	return strings.Join(segments, "/")
}

func (a answer) isAnErrorOfItsPart() {
	a.t.Helper()
	if a.Request.Method == http.MethodHead || a.StatusCode == http.StatusNoContent || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		return
	}
	doc, err := contract()
	if err != nil {
		a.t.Fatal(err)
	}
	name, schema := "Error", doc.Components.Schemas["Error"]
	if slices.Contains([]string{"/token", "/oauth/token", "/oauth/revoke", "/oauth/introspect"}, a.Request.URL.Path) {
		name, schema = "OAuthError", doc.Components.Responses["OAuthError"].Value.Content["application/json"].Schema
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Errorf("%s %s: no JSON: %q", a.Request.Method, a.Request.URL.Path, a.body)
	} else if err := schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020()); err != nil {
		a.t.Errorf("%s %s: no %s: %v", a.Request.Method, a.Request.URL.Path, name, err)
	}
}

func TestTheContractIsServedAsJSONToAnyPage(t *testing.T) {
	g := sqlite(t)
	a := g.call(t, http.MethodGet, "/openapi.json", nil, "Origin", "https://anywhere.example").is(200, "")
	a.has("Content-Type", "application/json").has("Access-Control-Allow-Origin", "*")
	doc, err := openapi3.NewLoader().LoadFromData(a.body)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if want, _ := contract(); doc.Paths.Len() != want.Paths.Len() {
		t.Errorf("%d paths are served of %d", doc.Paths.Len(), want.Paths.Len())
	}
}
