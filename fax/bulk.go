package fax

import "github.com/faxgate/faxgate/fault"

// bulk does something for each id once. A refusal is the item's; the server's own
// trouble ends it all.
func bulk(ids []string, do func(id string) error) ([]Result, error) {
	if len(ids) == 0 {
		return nil, fault.New(fault.Invalid, "value_missing", "field", "ids").At("ids")
	}
	if len(ids) > MaxBulk {
		return nil, fault.New(fault.Invalid, "list_too_long", "field", "ids", "most", MaxBulk).At("ids")
	}
	results := make([]Result, 0, len(ids))
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		err := faxUnknown()
		if isID(id) {
			err = do(id)
		}
		if err != nil && fault.Of(err) == nil {
			return nil, err
		}
		results = append(results, Result{ID: id, Err: err})
	}
	return results, nil
}
