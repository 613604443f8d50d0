package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const (
	// maxOffset bounds how far into a list a call may begin: a database walks there.
	maxOffset = 1_000_000
	maxPages  = 1_000_000
)

// query reads the parameters of a call, and remembers the first that is wrong.
type query struct {
	values url.Values
	err    error
}

// faxFilter reads which faxes a list is to have; fax.Faxes checks the values. What is
// not known here is ignored, as the wire's servers do.
func faxFilter(r *http.Request) (fax.Filter, error) {
	values, err := readQuery(r)
	if err != nil {
		return fax.Filter{}, err
	}
	q := query{values: values}
	f := fax.Filter{
		Category: fax.Category(q.get("category")), After: q.time("after"), Before: q.time("before"),
		Status: fax.Status(q.get("status")), IsRead: q.flag("is_read"), InProgress: q.flag("in_progress"),
		MinPages: q.number("min_pages", 0, maxPages), MaxPages: q.number("max_pages", 0, maxPages),
		From: q.phoneNumber("from_number"), To: q.phoneNumber("to_number"),
		SortBy: fax.SortBy(q.get("sort_by")), Ascending: q.ascending("order"),
		Limit: q.number("limit", 1, fax.MaxLimit), Offset: q.number("offset", 0, maxOffset),
	}
	return f, q.err
}

// readQuery reads the query string.
func readQuery(r *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "query_malformed")
	}
	return values, nil
}

// get is a parameter's first value. Empty: it is not there, or says nothing.
func (q *query) get(name string) string { return strings.TrimSpace(q.values.Get(name)) }

func (q *query) refuse(err error) {
	if q.err == nil {
		q.err = err
	}
}

// time reads a time of the wire: UTC, without a zone.
func (q *query) time(name string) time.Time {
	text := q.get(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(wireTime, text)
	if err != nil {
		q.refuse(fault.New(fault.Invalid, "time_invalid").At(name))
	}
	return at
}

func (q *query) flag(name string) *bool {
	text := strings.ToLower(q.get(name)) // Python writes True
	if text == "" {
		return nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		q.refuse(notOneOf(name, "true", "false"))
	}
	return &value
}

func (q *query) ascending(name string) bool {
	switch q.get(name) {
	case "", "desc":
		return false
	case "asc":
		return true
	}
	q.refuse(notOneOf(name, "asc", "desc"))
	return false
}

func (q *query) number(name string, least, most int) int {
	text := q.get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		q.refuse(outOfRange(name, least, most))
	}
	return n
}

// phoneNumber reads a number whose plus sign may have been sent as it is, and then
// arrives as a space.
func (q *query) phoneNumber(name string) string {
	text := q.values.Get(name)
	if rest, found := strings.CutPrefix(text, " "); found && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		return "+" + rest
	}
	return strings.TrimSpace(text)
}

func outOfRange(field string, least, most int) error {
	return fault.New(fault.Invalid, "value_out_of_range", "field", field, "least", least, "most", most).At(field)
}

func notOneOf(field string, allowed ...string) error {
	return fault.New(fault.Invalid, "value_not_allowed", "field", field, "allowed", strings.Join(allowed, ", ")).At(field)
}

func valueMissing(field string) error {
	return fault.New(fault.Invalid, "value_missing", "field", field).At(field)
}
