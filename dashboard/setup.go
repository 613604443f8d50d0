package dashboard

import (
	"net/url"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
)

// setupForm is the first page of a new server.
type setupForm struct {
	frame
	Zones     []group
	Countries []option
	Detect    bool // the browser may choose the time zone
}

// noOwner points to the setup link, which only who runs the server can see.
func (s *Server) noOwner(v *visit) error {
	return v.show("no_owner", &struct {
		frame
		Age time.Duration // how long the link works
	}{v.page(v.t("no_owner.title", nil), ""), auth.SetupAge})
}

func (s *Server) setupPage(v *visit) error {
	if err := s.maySetUp(v); err != nil {
		return err
	}
	return s.showSetup(v, nil)
}

func (s *Server) maySetUp(v *visit) error {
	owned, err := s.hasOwner(v.r.Context())
	if err != nil {
		return err
	}
	if owned {
		return fault.New(fault.Gone, "already_set_up")
	}
	return s.Setup.Check(v.r.URL.Query().Get("code"), v.now)
}

func (s *Server) showSetup(v *visit, p *problem) error {
	zone, country := s.TimeZone, s.Country
	if zone == "" && v.language == locale.Japanese {
		zone = "Asia/Tokyo"
	}
	if country == "" && v.language == locale.Japanese {
		country = "JP"
	}
	page := &setupForm{
		frame: v.page(v.t("setup.title", nil), ""), Zones: zones(zone),
		Countries: countries(v.language, country), Detect: s.TimeZone == "" && p == nil,
	}
	page.with(p)
	return v.show("setup", page)
}

// setUp creates the organization and its owner, and signs the owner in. Two who
// come at the same time cannot both succeed.
func (s *Server) setUp(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := s.maySetUp(v); err != nil {
		return err
	}
	if err := s.createOwner(v, form); fault.HasCode(err, "already_set_up") {
		return err
	} else if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showSetup(v, p) })
	}
	secret, _, err := s.SignIn.Password(v.r.Context(), form.Get("email"), form.Get("password"), v.from(), v.cookie(sessionCookie))
	if err != nil {
		return err
	}
	v.signedIn(secret)
	return v.done(firstFaxPath, "set_up")
}

func (s *Server) createOwner(v *visit, form url.Values) error {
	if form.Get("password") == "" {
		return fault.New(fault.Invalid, "password_missing").At("password")
	}
	_, _, err := s.Accounts.CreateOrganization(v.r.Context(), auth.NewOwner{
		Organization: form.Get("organization"),
		Email:        form.Get("email"),
		Password:     form.Get("password"),
		Language:     string(v.language),
		TimeZone:     form.Get("time_zone"),
		Country:      form.Get("country"),
	}, true, auth.Actor{Address: v.from().Address})
	return err
}
