package fax

import (
	"cmp"

	"github.com/faxgate/faxgate/locale"
)

// Reason says in words how the fax ended, and what can be done about it. An empty next:
// the sentence says it all.
func (f Fax) Reason(l locale.Language) (sentence, next string) {
	if id := "fax_next." + string(f.Status); locale.Has(locale.English, id) {
		next = locale.Text(l, id, nil)
	}
	if f.Document.Refusal == nil {
		return locale.Text(l, "fax_status."+string(f.Status), nil), next
	}
	sentence, action := locale.Error(l, f.Document.Refusal)
	return sentence, cmp.Or(action, next)
}
