package dashboard

import (
	"net/http"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/web"
)

// problem is what is wrong with a form, shown above it and at its field.
type problem struct {
	Sentence string
	Action   string // what to do next; empty: the sentence says it
	Field    string // empty: none in particular
	// URI is the redirect URI at fault; empty: it is not about one.
	URI string
	// ConfirmHTTP offers to confirm that URI, whose http is plain.
	ConfirmHTTP bool
	status      int
}

// refused gives the problem that a person can mend in the form, and everything else
// back as the error it is.
func (v *visit) refused(err error) (*problem, error) {
	e := fault.Of(err)
	if e == nil {
		return nil, err
	}
	switch {
	case e.Field != "", e.Kind == fault.Invalid, e.Kind == fault.Conflict, e.Kind == fault.Throttled,
		e.Kind == fault.Unavailable, e.Code == "sign_in_wrong":
	default:
		return nil, err
	}
	v.note(e)
	sentence, action := locale.Error(v.language, e)
	uri, _ := e.Params["uri"].(string)
	return &problem{
		Sentence: sentence, Action: action, Field: e.Field, URI: uri,
		ConfirmHTTP: oauth.RequiresHTTPConfirmation(err), status: web.Status(e.Kind),
	}, nil
}

// showAgain answers a rule's error: with the form and what is wrong with it where a
// person can mend that, with the error itself otherwise.
func (v *visit) showAgain(err error, show func(p *problem) error) error {
	p, err := v.refused(err)
	if err != nil {
		return err
	}
	return show(p)
}

// with puts a problem into a page; nil is none.
func (f *frame) with(p *problem) {
	if f.Problem = p; p != nil {
		f.status = p.status
	}
}

// note keeps an error's cause for the log, and tells the browser how long to wait.
func (v *visit) note(e *fault.Error) {
	if e.Cause != nil {
		web.LineOf(v.w).Err = e.Cause
	}
	if e.RetryAfter > 0 {
		v.w.Header().Set("Retry-After", web.Seconds(e.RetryAfter))
	}
}

// errorPage is an answer without a page of its own.
type errorPage struct {
	frame
	Status    int
	Sentence  string
	Action    string
	RequestID string
	Back      link   // where to go on
	People    string // whom to ask; empty: nobody in particular
	Asked     string // the redirect URI that was asked for; empty: it is about none, or not the reader's business
	Nearest   string // the registered one that is most like it
	App       string // the path of the app's page
	Switch    bool   // another account may help
}

// fail answers an error: to somebody who has to sign in first with the way there,
// otherwise with a page. What is not a fault is the server's own trouble: its cause
// is in the log, and the page has the request's id.
func (v *visit) fail(err error) {
	if web.Begun(v.w) {
		web.LineOf(v.w).Err = err
		return
	}
	e := fault.Of(err)
	if e == nil {
		web.LineOf(v.w).Err = err
		e = fault.New(fault.Internal, "internal")
	}
	v.note(e)
	if e.Code == "sign_in_required" && (v.r.Method == http.MethodGet || v.r.Method == http.MethodHead) {
		_ = v.seeOther(signInPath(v.r.URL.RequestURI())) // cannot fail
		return
	}
	if err := v.show("error", v.errorPage(e)); err != nil {
		web.LineOf(v.w).Err = err
		http.Error(v.w, "500 "+web.LineOf(v.w).RequestID, http.StatusInternalServerError)
	}
}

func (v *visit) errorPage(e *fault.Error) *errorPage {
	if e.Code == "account_unknown" { // its sentences are for programs
		e = fault.New(fault.NotFound, "page_unknown")
	}
	status := web.Status(e.Kind)
	p := &errorPage{Status: status, RequestID: web.LineOf(v.w).RequestID}
	p.Sentence, p.Action = locale.Error(v.language, e)
	where := ""
	if v.caller != nil {
		where = "-" // inside, at none of the entries
	}
	p.frame = v.page(v.t("error_title."+titleOf(status), nil), where)
	p.status = status
	p.Back = link{Path: "/", Text: v.t("error_page.home", nil)}
	if e.Kind == fault.Unauthenticated {
		p.Back = link{Path: "/login", Text: v.t("sign_in.button", nil)}
	}
	p.Switch = e.Code == "client_of_another_organization"
	if e.Code == "role_required" || e.Code == "plan_required" {
		p.People = v.administrators()
	}
	v.explainRedirectURI(p, e)
	p.Wide = p.Asked != "" && p.Plain
	return p
}

// titleOf groups the statuses by what a person can make of them.
func titleOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "sign_in"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusGone:
		return "gone"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "wait"
	case http.StatusInternalServerError:
		return "internal"
	}
	return "invalid"
}

// allowed asks the mux's own answer which methods a path has; empty: it is unknown.
func allowed(h http.Handler, r *http.Request) string {
	w := headerOnly{}
	h.ServeHTTP(w, r)
	return http.Header(w).Get("Allow")
}

// headerOnly is a ResponseWriter that keeps the header.
type headerOnly http.Header

func (w headerOnly) Header() http.Header         { return http.Header(w) }
func (w headerOnly) Write(b []byte) (int, error) { return len(b), nil }
func (w headerOnly) WriteHeader(int)             {}

// unknown is the error for a path without a page, or without this method.
func (v *visit) unknown(allow string) error {
	if allow == "" {
		return fault.New(fault.NotFound, "page_unknown")
	}
	v.w.Header().Set("Allow", allow)
	return fault.New(fault.NotAllowed, "method_not_allowed", "method", v.r.Method, "allow", allow)
}

func refuseOrigin(*visit) error { return fault.New(fault.Forbidden, "cross_origin") }
