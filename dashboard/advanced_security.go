package dashboard

import (
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

const controlsPath = "/security"

// controlsForm is the switch of the Advanced Security Controls, with what it will
// do before it is applied.
type controlsForm struct {
	frame
	On     bool
	Impact auth.Impact
	Days   int
	Asks   bool // the password will be asked for
	// BodyOnly says that parameters of /token in the URL are forbidden, QueryClients how
	// many apps forbidding them stops.
	BodyOnly     bool
	QueryClients int
	Retention    int // days; 0: faxes are kept
	MaxRetention int
}

func (s *Server) controlsPage(v *visit, c auth.Caller) error { return s.showControls(v, c, nil) }

func (s *Server) showControls(v *visit, c auth.Caller, p *problem) error {
	impact, err := s.Organizations.Preview(v.r.Context(), c)
	if err != nil {
		return err
	}
	if err := c.Organization.RequireAPI(); err != nil {
		return err
	}
	queryClients, err := s.Organizations.QueryClients(v.r.Context(), c)
	if err != nil {
		return err
	}
	page := &controlsForm{
		frame: v.page(v.t("controls.title", nil), controlsPath), On: c.Organization.AdvancedSecurity, Impact: impact,
		Days: int(auth.AdvancedSecurityRefreshAge / (24 * time.Hour)), Asks: !c.Session.Recent(v.now),
		BodyOnly: c.Organization.BodyOnly, QueryClients: queryClients,
		Retention: c.Organization.RetentionDays, MaxRetention: auth.MaxRetentionDays,
	}
	page.with(p)
	return v.show("controls", page)
}

// switchControls applies the switch. Where the password was typed too long ago, it
// is asked for first, and the person comes back to the preview.
func (s *Server) switchControls(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	on := form.Get("advanced") == "on"
	err = s.Organizations.SwitchAdvancedSecurity(v.r.Context(), c, on)
	return v.switched(err, on, "controls_on", "controls_off")
}

// switchQueryParameters allows or forbids parameters of /token in the URL.
func (s *Server) switchQueryParameters(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	allowed := form.Get("query_parameters") == "on"
	err = s.Organizations.SwitchQueryParameters(v.r.Context(), c, allowed)
	return v.switched(err, allowed, "query_parameters_on", "query_parameters_off")
}

// setRetention changes after how many days faxes are deleted. What is no number is out of
// range.
func (s *Server) setRetention(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(strings.TrimSpace(form.Get("retention_days")))
	if err != nil {
		days = -1
	}
	err = s.Organizations.SetRetention(v.r.Context(), c, days)
	if fault.HasCode(err, "value_out_of_range") {
		return v.showAgain(err, func(p *problem) error { return s.showControls(v, c, p) })
	}
	return v.switched(err, true, "retention_saved", "")
}

// switched ends the switch of a control.
func (v *visit) switched(err error, on bool, noticeOn, noticeOff string) error {
	switch {
	case fault.HasCode(err, "password_again"):
		return v.seeOther(confirmPath(controlsPath))
	case err != nil:
		return err
	case on:
		return v.done(controlsPath, noticeOn)
	}
	return v.done(controlsPath, noticeOff)
}
