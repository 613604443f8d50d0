package locale

import "github.com/faxgate/faxgate/fault"

// Error is what a person reads about a failure: what happened, and what to do
// next, which is empty where nothing can be said.
//
// The texts stand under "error.<code>" and "action.<code>" and may use the
// fault's params, {{.field}} for the field at fault and {{.wait}} for the time to
// wait. An error that is not a fault is the server's own trouble, of which people
// learn no more than that.
func Error(l Language, err error) (sentence, action string) {
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Internal {
		return Text(l, "error.internal", nil), Text(l, "action.internal", nil)
	}
	params := blanks(l, f)
	if id := "action." + f.Code; Has(English, id) {
		action = Text(l, id, params)
	}
	return Text(l, "error."+f.Code, params), action
}

// blanks are what a fault offers to its sentences. A role has its name in the
// language.
func blanks(l Language, f *fault.Error) map[string]any {
	params := make(map[string]any, len(f.Params)+2)
	params["field"], params["wait"] = f.Field, f.RetryAfter
	for k, v := range f.Params {
		params[k] = v
	}
	if role, ok := f.Params["role"].(string); ok && Has(English, "role."+role) {
		params["role"] = Text(l, "role."+role, nil)
	}
	return params
}
