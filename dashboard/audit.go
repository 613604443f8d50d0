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
	Address string
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
			Detail: a.Detail, Address: a.Actor.Address,
		}
		if id := "audit_action." + a.Action; locale.Has(locale.English, id) {
			row.Action = v.t(id, nil)
		}
		page.Records = append(page.Records, row)
	}
	return v.show("audit", page)
}
