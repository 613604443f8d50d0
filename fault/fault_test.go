package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/faxgate/faxgate/fault"
)

func TestHasCodeLooksThroughWrapping(t *testing.T) {
	t.Parallel()
	used := fault.New(fault.Conflict, "name_used")
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"the fault itself", used, true},
		{"wrapped", fmt.Errorf("register: %w", used), true},
		{"another code of the same kind", fault.New(fault.Conflict, "oauth_active"), false},
		{"no fault", errors.New("name_used"), false},
		{"nothing", nil, false},
	} {
		if got := fault.HasCode(tt.err, "name_used"); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}
