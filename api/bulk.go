package api

import (
	"net/http"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/web"
)

// bulk is the body of a call that does the same to several things.
type bulk struct {
	IDs []string `json:"ids"`
}

// inBulk has something done to several things at once, and answers what became of
// each.
func inBulk(w http.ResponseWriter, r *http.Request, ids []string, do func(ids []string) ([]fax.Result, error)) error {
	results, err := do(ids)
	if err != nil {
		return err
	}
	language := locale.Match("", r.Header.Get("Accept-Language"))
	answer(w, http.StatusOK, func(e *encoder) {
		e.open("")
		list(e, "results", results, func(e *encoder, x fax.Result) { e.result(w, x, language) })
		e.close()
	})
	return nil
}

// result writes what became of one id: the status that a call on it alone would have
// had, and the code and the sentence of its error.
func (e *encoder) result(w http.ResponseWriter, x fax.Result, language locale.Language) {
	e.open("")
	defer e.close()
	e.text("id", x.ID)
	if x.Err == nil {
		e.number("status", http.StatusNoContent)
		return
	}
	f := fault.Of(x.Err)
	if f == nil {
		web.LineOf(w).Err = x.Err
		f = fault.New(fault.Internal, "internal")
	}
	sentence, _ := locale.Error(language, f)
	e.number("status", web.Status(f.Kind))
	e.text("error", f.Code)
	e.text("description", sentence)
}
