package api

import (
	"cmp"
	"net/http"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// mailbox is the account whose faxes a call is about, as the caller may see it.
type mailbox struct {
	fax.Actor
	account auth.Account
	caller  auth.Caller
}

// inMailbox answers a call about an account's faxes.
type inMailbox func(w http.ResponseWriter, r *http.Request, m mailbox) error

// whole lets through who may see and change all faxes of the account of the path: the
// account itself, and whoever manages it.
func (s *Server) whole(serve inMailbox) handler {
	return s.readable(func(w http.ResponseWriter, r *http.Request, m mailbox) error {
		if err := m.Whole(); err != nil {
			return err
		}
		return serve(w, r, m)
	})
}

// readable lets through who may read at least what the account received. The rules of
// package fax keep to it.
func (s *Server) readable(serve inMailbox) handler {
	return func(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
		m, err := s.mailboxOf(r, c, r.PathValue("user_id"))
		if err != nil {
			return err
		}
		return serve(w, r, m)
	}
}

// mailboxOf finds the mailbox of a uid, or of "self".
func (s *Server) mailboxOf(r *http.Request, c auth.Caller, id string) (mailbox, error) {
	uid, err := uidOf(id, c)
	if err != nil {
		return mailbox{}, err
	}
	acc, whole, err := s.Accounts.FaxesOf(r.Context(), c, uid)
	if err != nil {
		return mailbox{}, err
	}
	m := mailbox{actor(acc, c), acc, c}
	m.ReceivedOnly = !whole
	return m, nil
}

// uidOf reads a uid of a path or a body. What is none never reaches the database.
func uidOf(id string, c auth.Caller) (string, error) {
	if id == "self" || id == c.Account.ID {
		return c.Account.ID, nil
	}
	uid, ok := parseUID(id)
	if !ok {
		return "", fault.New(fault.NotFound, "account_unknown")
	}
	return uid, nil
}

// actor is an account in the words of package fax.
func actor(acc auth.Account, c auth.Caller) fax.Actor {
	return fax.Actor{
		OrganizationID: acc.OrganizationID, AccountID: acc.ID, Name: c.Actor().Name, Address: c.Address,
		Country: c.Organization.Country, Quota: acc.MemberDetail.Quota, Administers: acc.Role.Administers(),
		Header: acc.Preferences.Settings.CallerIDName, Phone: acc.Phone, Language: acc.MailLanguage(c.Organization),
		TimeZone: cmp.Or(acc.TimeZone, c.Organization.TimeZone),
	}
}
