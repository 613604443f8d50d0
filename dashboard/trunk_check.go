package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// trunkStep is one step of the test of a trunk.
type trunkStep struct {
	Name    string
	State   state
	Text    string // what was found
	Meaning string // of the status that was answered; empty: it needs no words
	Next    string // what to do; empty: nothing
	Answer  string // in the words of the protocol; empty: none
}

// stepTones are the tones of how a step went.
var stepTones = map[string]string{"ok": "good", "warning": "warn", "failed": "danger"}

// checkTrunk tests a trunk, and shows what was found in the answer to the POST.
func (s *Server) checkTrunk(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	// The deadline of requests is for slow senders. It would end the test along with itself.
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{})
	found, err := s.Trunks.Check(v.r.Context(), own(c), s.TrunkBoard, v.r.PathValue("id"), form.Get("call"))
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showTrunk(v, c, nil, p) })
	}
	steps := make([]trunkStep, len(found))
	for i, f := range found {
		steps[i] = v.trunkStep(f)
	}
	return s.showTrunk(v, c, steps, nil)
}

func (v *visit) trunkStep(c fax.TrunkCheck) trunkStep {
	step := trunkStep{
		Name: v.t("trunk_step."+c.Step, nil), State: stated(v.t("trunk_check_state."+c.State, nil), stepTones[c.State]), Answer: c.Detail,
		Text: v.t("trunk_check."+c.Step+"."+c.State, map[string]any{"detail": c.Detail}),
	}
	switch where, reason, _ := strings.Cut(c.Detail, " "); {
	case c.Code != 0 && c.Step == "transport":
		step.Answer = where + ": " + answered(c.Code, reason)
	case c.Step == "nat" && c.State == "warning":
		step.Answer = "" // the sentence has it
	case c.Code != 0:
		step.Answer = answered(c.Code, c.Detail)
	}
	switch {
	case c.State == "failed" && c.Code != 0:
		step.Meaning, step.Next = v.sipCode(c.Code)
	case locale.Has(locale.English, "trunk_check_next."+c.Step+"."+c.State):
		step.Next = v.t("trunk_check_next."+c.Step+"."+c.State, map[string]any{"detail": c.Detail})
	}
	return step
}
