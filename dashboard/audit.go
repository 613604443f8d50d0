package dashboard

import (
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/locale"
)

// auditLimit is how many records the page shows.
const auditLimit = 200

// auditPage lists what happened, the latest first.
type auditPage struct {
	frame
	Records []auditRow
	Limit   int
}

type auditRow struct {
	At      moment
	Actor   string
	Action  string // in words
	Code    string // as programs know it
	Detail  string
	Object  string // its id
	Address string
	By      []string // the token and the app that a program used
}

func (s *Server) audit(v *visit, c auth.Caller) error {
	records, err := s.Organizations.Audits(v.r.Context(), c, auditLimit)
	if err != nil {
		return err
	}
	page := &auditPage{frame: v.page(v.t("audit.title", nil), "/audit"), Limit: auditLimit}
	page.Wide = true
	for _, a := range records {
		row := auditRow{
			At: v.moment(a.At), Actor: a.Actor.Name, Action: a.Action, Code: a.Action,
			Detail: a.Detail, Object: a.ObjectID, Address: a.Actor.Address, By: v.means(a.Actor),
		}
		if id := "audit_action." + a.Action; locale.Has(locale.English, id) {
			row.Action = v.t(id, nil)
		}
		page.Records = append(page.Records, row)
	}
	return v.show("audit", page)
}

// means are the token and the app with which a program acted, in words.
func (v *visit) means(a auth.Actor) (by []string) {
	if a.TokenID != "" {
		by = append(by, v.t("audit.by_token", map[string]any{"id": a.TokenID}))
	}
	if a.ClientID != "" {
		by = append(by, v.t("audit.by_client", map[string]any{"id": a.ClientID}))
	}
	return by
}
