package auth

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// OrganizationStore is what the rules of organizations need of the database.
type OrganizationStore interface {
	// Organizations lists all organizations, the oldest first.
	Organizations(ctx context.Context) ([]Organization, error)
	// OrganizationByID finds one, or fault.NotFound.
	OrganizationByID(ctx context.Context, id string) (Organization, error)
	// ChangeOrganization reads, changes and writes in one step. change may be called
	// more than once.
	ChangeOrganization(ctx context.Context, id string, change func(*Organization) error, a Audit) error
	// CountGrants counts the organization's live grants, and among them those
	// whose refresh token was issued before each of the two times.
	CountGrants(ctx context.Context, organizationID string, before, deadBefore time.Time) (all, older, dead int, err error)
	// CountQueryClients counts the organization's clients that sent parameters of the
	// token endpoint in the query string, and were used since then.
	CountQueryClients(ctx context.Context, organizationID string, since time.Time) (int, error)
	// Audits lists the latest records of the organization.
	Audits(ctx context.Context, organizationID string, limit int) ([]Audit, error)
	// PutAudit stores a record of what changes nothing.
	PutAudit(ctx context.Context, a Audit) error
}

// Organizations are the rules of plans and of the Advanced Security Controls.
type Organizations struct {
	Store OrganizationStore
	Now   func() time.Time
	NewID func() string
}

// All lists every organization, the oldest first: for an administrative command.
func (x *Organizations) All(ctx context.Context) ([]Organization, error) {
	return x.Store.Organizations(ctx)
}

// Organization finds one by its id, or fault.NotFound: for an administrative command.
func (x *Organizations) Organization(ctx context.Context, id string) (Organization, error) {
	return x.Store.OrganizationByID(ctx, id)
}

// SetPlan moves an organization to another plan: for an administrative command.
// Leaving Enterprise stops every token within a second; coming back revives
// those that are still live.
func (x *Organizations) SetPlan(ctx context.Context, c Caller, p Plan) error {
	if !c.Operator {
		return RoleRequired("operator")
	}
	if err := p.check(); err != nil {
		return err
	}
	return x.Store.ChangeOrganization(ctx, c.Organization.ID, func(o *Organization) error {
		o.Plan = p
		return nil
	}, c.Audit(x.NewID(), x.Now(), "organization.plan", c.Organization.ID, string(p)))
}

// Impact is what switching the Advanced Security Controls will do.
type Impact struct {
	Grants int // live grants of the organization
	Ending int // of these, how many end at once
}

// Preview tells, before the switch is applied, whom it will hit.
func (x *Organizations) Preview(ctx context.Context, c Caller) (Impact, error) {
	if !c.Owns() {
		return Impact{}, RoleRequired("owner")
	}
	old := x.Now().Add(-AdvancedSecurityRefreshAge)
	all, older, dead, err := x.Store.CountGrants(ctx, c.Organization.ID, old, c.Organization.RefreshDeadBefore)
	return Impact{Grants: all - dead, Ending: older - dead}, err
}

// SwitchAdvancedSecurity turns the controls on or off. It is for an owner of an
// Enterprise organization who typed the password a short while ago.
func (x *Organizations) SwitchAdvancedSecurity(ctx context.Context, c Caller, on bool) error {
	return x.switchControl(ctx, c, "advanced_security", on, func(o *Organization) {
		*o = o.SwitchAdvancedSecurity(on, x.Now())
	})
}

// SwitchQueryParameters allows or forbids parameters in the query string of the token
// endpoint, under the same conditions as SwitchAdvancedSecurity.
func (x *Organizations) SwitchQueryParameters(ctx context.Context, c Caller, allowed bool) error {
	return x.switchControl(ctx, c, "query_parameters", allowed, func(o *Organization) { o.BodyOnly = !allowed })
}

// SetRetention changes after how many days faxes are purged, under the same conditions as
// SwitchAdvancedSecurity; zero keeps them. Out of range: fault.Invalid
// "value_out_of_range".
func (x *Organizations) SetRetention(ctx context.Context, c Caller, days int) error {
	if days < 0 || days > MaxRetentionDays {
		return outOfRange("retention_days", MaxRetentionDays)
	}
	return x.changeControl(ctx, c, "retention.set", strconv.Itoa(days), func(o *Organization) { o.RetentionDays = days })
}

// QueryClients counts the clients that forbidding query parameters would stop: those
// that used them, and were used within the last 30 days.
func (x *Organizations) QueryClients(ctx context.Context, c Caller) (int, error) {
	if !c.Owns() {
		return 0, RoleRequired("owner")
	}
	return x.Store.CountQueryClients(ctx, c.Organization.ID, x.Now().Add(-AdvancedSecurityRefreshAge))
}

func (x *Organizations) switchControl(ctx context.Context, c Caller, name string, on bool, change func(*Organization)) error {
	action := name + ".off"
	if on {
		action = name + ".on"
	}
	return x.changeControl(ctx, c, action, "", change)
}

func (x *Organizations) changeControl(ctx context.Context, c Caller, action, detail string, change func(*Organization)) error {
	if !c.Owns() {
		return RoleRequired("owner")
	}
	if err := c.Organization.RequireAPI(); err != nil {
		return err
	}
	if !c.Operator && !c.Session.Recent(x.Now()) {
		return fault.New(fault.Forbidden, "password_again")
	}
	return x.Store.ChangeOrganization(ctx, c.Organization.ID, func(o *Organization) error {
		change(o)
		return nil
	}, c.Audit(x.NewID(), x.Now(), action, c.Organization.ID, detail))
}

// TakeCapture records that the caller, an administrator, is about to be given the packets
// of a fax's call. Nothing is given of which this record could not be stored.
func (x *Organizations) TakeCapture(ctx context.Context, c Caller, faxID string, attempt int, withPages bool) error {
	if !c.Administers() {
		return RoleRequired("admin")
	}
	pages := "without pages"
	if withPages {
		pages = "with pages"
	}
	detail := fmt.Sprintf("attempt %d, %s", attempt, pages)
	return x.Store.PutAudit(ctx, c.Audit(x.NewID(), x.Now(), "fax.capture", faxID, detail))
}

// Audits gives the latest records of the organization to an administrator, the
// latest first.
func (x *Organizations) Audits(ctx context.Context, c Caller, limit int) ([]Audit, error) {
	if !c.Administers() {
		return nil, RoleRequired("admin")
	}
	return x.Store.Audits(ctx, c.Organization.ID, limit)
}
