package api

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// wireTime is the only form of times on the wire: UTC, without a zone.
const wireTime = "2006-01-02 15:04:05"

// account is an Account as clients of the wire read it.
type account struct {
	UID           string             `json:"uid"`
	AccountType   string             `json:"account_type"` // corporate_admin, corporate_member
	Status        string             `json:"status"`
	Email         string             `json:"email"`
	Name          string             `json:"name"`
	LastName      string             `json:"lastname"`
	Phone         string             `json:"phone"`
	ProfileImage  string             `json:"profile_image"`
	CreationDate  string             `json:"creation_date"`
	PasswordDate  string             `json:"last_password_modification_date,omitempty"`
	MemberOf      []string           `json:"member_of"`
	AccountData   auth.AccountData   `json:"account_data"`
	Notifications auth.Notifications `json:"notifications"`
	Settings      auth.FaxSettings   `json:"settings"`
}

func newAccount(acc auth.Account, org auth.Organization) account {
	out := account{
		UID: acc.ID, AccountType: "corporate_member", Status: string(acc.Status), Email: acc.Email,
		Name: acc.Name, LastName: acc.LastName, Phone: acc.Phone, ProfileImage: acc.ProfileImage,
		CreationDate: acc.CreatedAt.UTC().Format(wireTime), PasswordDate: stamp(acc.PasswordChangedAt),
		MemberOf: []string{}, AccountData: acc.Preferences.Data,
		Notifications: acc.Preferences.Notifications, Settings: acc.Preferences.Settings,
	}
	if acc.Role.Administers() {
		out.AccountType = "corporate_admin"
	} else {
		out.MemberOf = append(out.MemberOf, org.ID)
	}
	if out.AccountData.CompanyName == "" {
		out.AccountData.CompanyName = org.Name
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(wireTime)
}

// listAccounts gives the members of the organization: those who do not administer
// it.
func (s *Server) listAccounts(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	all, err := s.Accounts.List(r.Context(), c)
	if err != nil {
		return err
	}
	members := []account{}
	for _, acc := range all {
		if !acc.Role.Administers() {
			members = append(members, newAccount(acc, c.Organization))
		}
	}
	writeJSON(w, http.StatusOK, struct {
		Members []account `json:"members"`
	}{members})
	return nil
}

func (s *Server) getAccount(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	id, err := target(r, "user_id", c, auth.FaxAllRead|auth.MemberRead, auth.MemberRead)
	if err != nil {
		return err
	}
	if id == c.Account.ID {
		if known := c.Self.Answer(); known != nil {
			writeBody(w, http.StatusOK, known)
			return nil
		}
	}
	acc, err := s.Accounts.Account(r.Context(), c, id)
	if err != nil {
		return err
	}
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	*e = (*e)[:0]
	e.account(newAccount(acc, c.Organization))
	if id == c.Account.ID {
		c.Self.Keep(*e)
	}
	writeBody(w, http.StatusOK, *e)
	return nil
}

// target reads an account id of the path. Another account than the caller's own
// needs one of the scopes that reach others.
func target(r *http.Request, name string, c auth.Caller, others, needs auth.Scopes) (string, error) {
	id := r.PathValue(name)
	if id == "self" || id == c.Account.ID {
		return c.Account.ID, nil
	}
	uid, ok := parseUID(id)
	switch {
	case uid == c.Account.ID:
		return uid, nil
	case !c.Scopes.Allows(others):
		return "", missingScope(needs)
	case !ok:
		return "", fault.New(fault.NotFound, "account_unknown")
	}
	return uid, nil
}

// parseUID reads a uid, also as a UUID with dashes. What is none never reaches the
// database.
func parseUID(text string) (uid string, ok bool) {
	uid = strings.ToLower(strings.ReplaceAll(text, "-", ""))
	if b, err := hex.DecodeString(uid); err != nil || len(b) != 16 {
		return "", false
	}
	return uid, true
}

// modification is AccountModification: every key is optional, and a nested object
// changes the keys that it has.
type modification struct {
	Email         *string         `json:"email"`
	Name          *string         `json:"name"`
	LastName      *string         `json:"lastname"`
	Phone         *string         `json:"phone"`
	ProfileImage  *string         `json:"profile_image"`
	AccountData   json.RawMessage `json:"account_data"`
	Notifications json.RawMessage `json:"notifications"`
	Settings      json.RawMessage `json:"settings"`
}

func (s *Server) putAccount(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	id, err := target(r, "user_id", c, auth.FaxAllEdit|auth.MemberEdit, auth.MemberEdit)
	if err != nil {
		return err
	}
	var in modification
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Email != nil {
		if err := s.Accounts.CheckEmailChange(r.Context(), c, id, *in.Email); err != nil {
			return err
		}
	}
	if err := s.Accounts.EditProfile(r.Context(), c, id, in.apply); err != nil {
		return err
	}
	if in.Email != nil { // it counts only once the new address has answered
		if err := s.Accounts.ChangeEmail(r.Context(), c, id, *in.Email); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (in *modification) apply(acc *auth.Account) error {
	for _, f := range []struct {
		to   *string
		from *string
	}{{&acc.Name, in.Name}, {&acc.LastName, in.LastName}, {&acc.Phone, in.Phone}, {&acc.ProfileImage, in.ProfileImage}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	for _, f := range []struct {
		key string
		to  any
		raw json.RawMessage
	}{
		{"account_data", &acc.Preferences.Data, in.AccountData},
		{"notifications", &acc.Preferences.Notifications, in.Notifications},
		{"settings", &acc.Preferences.Settings, in.Settings},
	} {
		if len(f.raw) == 0 || string(f.raw) == "null" {
			continue
		}
		if err := decodeAt(f.key, f.raw, f.to); err != nil {
			return err
		}
	}
	return nil
}

// memberDetail is MemberDetail. Both keys are optional in a change.
type memberDetail struct {
	Quota *int    `json:"quota"`
	Role  *string `json:"role"`
}

func (s *Server) getMemberDetail(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	id, err := target(r, "member_id", c, auth.FaxAllRead|auth.MemberRead, auth.MemberRead)
	if err != nil {
		return err
	}
	d, err := s.Accounts.MemberDetailOf(r.Context(), c, id)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, memberDetail{&d.Quota, &d.Role})
	return nil
}

func (s *Server) putMemberDetail(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	id, err := target(r, "member_id", c, auth.FaxAllEdit|auth.MemberEdit, auth.MemberEdit)
	if err != nil {
		return err
	}
	var in memberDetail
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := s.Accounts.SetMemberDetail(r.Context(), c, id, in.Quota, in.Role); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
