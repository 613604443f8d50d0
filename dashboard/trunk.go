package dashboard

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

func trunkPath(id string) string { return "/trunks/" + id }

// trunkForm is the form of a trunk, of a new one or of one that there is.
type trunkForm struct {
	frame
	Fields     trunkFields
	Transports []option
	T38Modes   []trunkChoice
	Stored     bool // there is a password
	More       bool // the part for the few is open
	Anybody    bool // calls are taken from everywhere
}

// trunkFields are the settings as a form has them.
type trunkFields struct {
	Name, Host, User, Numbers, Allow, Priority, MaxCalls, Prefix string
	Digits                                                       bool
}

// trunkChoice is an option with a sentence about it.
type trunkChoice struct {
	option
	Hint string
}

// trunkForm fills in the form: with what was typed, or else with how the trunk is.
func (v *visit) trunkForm(f frame, t fax.Trunk, p *problem) trunkForm {
	out := trunkForm{frame: f, Fields: fieldsOf(t), Stored: t.User != ""}
	out.Anybody = strings.HasPrefix(out.Fields.Allow, "any")
	out.More = out.Anybody || p != nil && slices.Contains([]string{"t38", "prefix", "max_calls", "priority", "allow"}, p.Field)
	out.with(p)
	if v.form.Has("host") {
		t.Transport, t.T38, out.Fields.Digits = v.form.Get("transport"), v.form.Get("t38"), v.form.Has("digits")
	}
	for _, name := range fax.Transports() {
		out.Transports = append(out.Transports, option{name, v.t("trunk_transport."+name, nil), name == t.Transport})
	}
	for _, name := range fax.T38Modes() {
		out.T38Modes = append(out.T38Modes, trunkChoice{option{name, v.t("trunk_t38."+name, nil), name == t.T38}, v.t("trunk_t38_hint."+name, nil)})
	}
	return out
}

func fieldsOf(t fax.Trunk) trunkFields {
	return trunkFields{
		Name: t.Name, Host: t.Host, User: t.User, Numbers: strings.Join(t.Numbers, "\n"), Allow: strings.Join(networks(t.Allow), "\n"),
		Priority: strconv.Itoa(t.Priority), MaxCalls: strconv.Itoa(t.MaxCalls), Prefix: t.Prefix, Digits: t.Digits,
	}
}

// anywhere is what "any" stands for.
func anywhere() []netip.Prefix {
	all, _ := fax.ParseAllow("any") // cannot fail
	return all
}

// networks writes what fax.ParseAllow reads.
func networks(allow []netip.Prefix) (out []string) {
	world := anywhere()
	everybody := !slices.ContainsFunc(world, func(p netip.Prefix) bool { return !slices.Contains(allow, p) })
	if everybody {
		out = append(out, "any")
	}
	for _, p := range allow {
		switch {
		case everybody && slices.Contains(world, p):
		case p.IsSingleIP():
			out = append(out, p.Addr().String())
		default:
			out = append(out, p.String())
		}
	}
	return out
}

// postedTrunk reads a trunk from the form.
func (v *visit) postedTrunk(id string) (fax.Trunk, error) {
	form, err := v.read()
	if err != nil {
		return fax.Trunk{}, err
	}
	t := fax.Trunk{
		ID: id, Name: form.Get("name"), Host: form.Get("host"), Transport: form.Get("transport"),
		User: form.Get("user"), Password: form.Get("password"), Numbers: linesOf(form.Get("numbers")), T38: form.Get("t38"),
		Priority: count(form.Get("priority"), fax.DefaultPriority), MaxCalls: count(form.Get("max_calls"), fax.DefaultMaxCalls),
		Digits: form.Has("digits"), Prefix: strings.TrimSpace(form.Get("prefix")),
	}
	for _, text := range linesOf(form.Get("allow")) {
		some, err := fax.ParseAllow(text)
		if err != nil {
			return t, err
		}
		t.Allow = append(t.Allow, some...)
	}
	return t, nil
}

// linesOf are the lines of a field that are not empty.
func linesOf(text string) (out []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// count reads a whole number; what is none is out of every range.
func count(text string, empty int) int {
	if text = strings.TrimSpace(text); text == "" {
		return empty
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// named gives a rule's error about a field the name that the field has on the page.
func (v *visit) named(err error) error {
	if !fault.HasCode(err, "value_out_of_range") {
		return err
	}
	e := *fault.Of(err)
	e.Params = maps.Clone(e.Params)
	e.Params["field"] = v.t("trunk_field."+e.Field, nil)
	return &e
}

func (s *Server) newTrunkPage(v *visit, c auth.Caller) error { return s.showNewTrunk(v, c, nil) }

func (s *Server) showNewTrunk(v *visit, c auth.Caller, p *problem) error {
	if _, err := s.Trunks.List(v.r.Context(), own(c)); err != nil {
		return err // who may not see them adds none
	}
	f := v.page(v.t("trunk_new.title", nil), numbersPath)
	page := v.trunkForm(f, fax.Trunk{Transport: "udp", T38: "auto", Priority: fax.DefaultPriority, MaxCalls: fax.DefaultMaxCalls}, p)
	return v.show("trunk_new", &page)
}

func (s *Server) addTrunk(v *visit, c auth.Caller) error {
	t, err := v.postedTrunk("")
	if err == nil {
		t, err = s.Trunks.Add(v.r.Context(), own(c), t)
	}
	if err != nil {
		return v.showAgain(v.named(err), func(p *problem) error { return s.showNewTrunk(v, c, p) })
	}
	return v.done(trunkPath(t.ID), "trunk_added")
}

// trunkPage is one trunk: how it stands, its test, and its settings.
type trunkPage struct {
	trunkForm
	Trunk trunkRow
	Steps []trunkStep // of the test that was just made; nil: none was
	Tests bool        // there is a line to test it over
	Most  time.Duration
}

func (s *Server) trunk(v *visit, c auth.Caller) error { return s.showTrunk(v, c, nil, nil) }

func (s *Server) showTrunk(v *visit, c auth.Caller, steps []trunkStep, p *problem) error {
	t, err := s.Trunks.Trunk(v.r.Context(), own(c), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	page := &trunkPage{
		trunkForm: v.trunkForm(v.page(t.Name, "/numbers/trunk"), t, p), Trunk: v.trunkRow(t, s.trunkStates()),
		Steps: steps, Tests: s.TrunkBoard != nil, Most: fax.CheckAge,
	}
	return v.show("trunk", page)
}

func (s *Server) saveTrunk(v *visit, c auth.Caller) error {
	t, err := v.postedTrunk(v.r.PathValue("id"))
	if err == nil {
		t, err = s.Trunks.Change(v.r.Context(), own(c), t)
	}
	if err != nil {
		return v.showAgain(v.named(err), func(p *problem) error { return s.showTrunk(v, c, nil, p) })
	}
	return v.done(trunkPath(t.ID), "trunk_saved")
}

// deleteTrunkForm asks once more before a trunk is gone.
type deleteTrunkForm struct {
	frame
	Trunk trunkRow
	Going []string // numbers that no other trunk carries
	Stays []string // those that another one does
}

func (s *Server) deleteTrunkPage(v *visit, c auth.Caller) error {
	t, err := s.Trunks.Trunk(v.r.Context(), own(c), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	numbers, err := s.numbersInOrder(v, c)
	if err != nil {
		return err
	}
	title := v.t("trunk_delete.title", map[string]any{"name": t.Name})
	page := &deleteTrunkForm{frame: v.page(title, "/numbers/trunk"), Trunk: v.trunkRow(t, s.trunkStates())}
	for _, n := range numbers {
		switch {
		case !slices.Contains(n.TrunkIDs, t.ID):
		case len(n.TrunkIDs) == 1:
			page.Going = append(page.Going, v.number(n.Number))
		default:
			page.Stays = append(page.Stays, v.number(n.Number))
		}
	}
	return v.show("trunk_delete", page)
}

func (s *Server) deleteTrunk(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	if _, err := s.Trunks.Remove(v.r.Context(), own(c), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.done(numbersPath, "trunk_deleted")
}
