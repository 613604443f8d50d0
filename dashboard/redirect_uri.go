package dashboard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/faxgate/faxgate/auth"
)

// emptyURIs is how many empty fields the list of redirect URIs ends with.
const emptyURIs = 2

// uriField is one of the repeated fields for redirect URIs.
type uriField struct {
	ID      string // redirect_uri for the one that the error summary leads to
	Number  int    // from 1
	Value   string
	Invalid bool
}

// uriFields makes the fields: what is registered, or what was typed where it could
// not be saved, and a few empty ones.
func (v *visit) uriFields(registered []string, p *problem) []uriField {
	uris := registered
	if p != nil && v.form.Has("redirect_uri") {
		uris = typedURIs(v.form["redirect_uri"])
	}
	var fields []uriField
	found := false
	for i, uri := range slices.Concat(uris, make([]string, emptyURIs)) {
		f := uriField{ID: "redirect_uri-" + strconv.Itoa(i+1), Number: i + 1, Value: uri}
		if p != nil && p.URI != "" && uri == p.URI && !found {
			f.ID, f.Invalid, found = "redirect_uri", true, true
		}
		fields = append(fields, f)
	}
	if !found {
		fields[0].ID = "redirect_uri"
	}
	return fields
}

// typedURIs leaves the empty fields out.
func typedURIs(fields []string) []string {
	var uris []string
	for _, uri := range fields {
		if uri = strings.TrimSpace(uri); uri != "" {
			uris = append(uris, uri)
		}
	}
	return uris
}

// saveRedirectURIs replaces the list.
func (s *Server) saveRedirectURIs(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	err = s.Clients.SetRedirectURIs(v.r.Context(), c, v.r.PathValue("id"), form["redirect_uri"], form.Has("allow_http"))
	return s.savedApp(v, c, err, "redirect_uris_saved")
}
