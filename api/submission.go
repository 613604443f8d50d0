package api

import (
	"crypto/sha256"
	"net/http"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
)

// submission is PayloadOutbox. What it does not say is as the account's settings have
// it.
type submission struct {
	From       string         `json:"from"`
	To         []string       `json:"to"`
	Files      []string       `json:"files"`
	FromFax    *fromFax       `json:"from_fax"`
	Comment    fax.Comment    `json:"comment"`
	Options    options        `json:"options"`
	SendTime   string         `json:"send_time"`
	ReturnIDs  bool           `json:"return_ids"`
	CoverPage  *fax.CoverPage `json:"cover_page"`
	Resolution string         `json:"resolution"`
}

// fromFax names an earlier fax that is to be sent again.
type fromFax struct {
	FaxID  string `json:"fax_id"`
	UserID string `json:"user_id"` // empty: the fax is the sender's own
}

type options struct {
	Enhancement *bool `json:"enhancement"`
	Header      *bool `json:"header"`
	Retry       struct {
		Count *int `json:"count"`
		Delay *int `json:"delay"` // seconds
	} `json:"retry"`
}

// submit takes a fax for sending. The ids are told where they are asked for, by the
// destinations as they were written.
func (s *Server) submit(w http.ResponseWriter, r *http.Request, m mailbox) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var in submission
	if err := decodeBody(body, &in); err != nil {
		return err
	}
	out, err := s.submission(r, m, in)
	if err != nil {
		return err
	}
	out.Request = fax.Request{Key: r.Header.Get("Idempotency-Key"), Body: sha256.Sum256(body)}
	receipt, err := s.Outbox.Submit(r.Context(), m.Actor, out)
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, func(e *encoder) {
		e.open("")
		if in.ReturnIDs {
			e.ids(in.To, receipt.IDs)
		}
		e.close()
	})
	return nil
}

// ids writes the id of each destination, in the order of the submission.
func (e *encoder) ids(to []string, ids map[string]string) {
	e.open("ids")
	written := make(map[string]bool, len(to))
	for _, destination := range to {
		if id, found := ids[destination]; found && !written[destination] {
			written[destination] = true
			e.quotedKey(destination)
			e.quote(id)
		}
	}
	e.close()
}

// submission puts what was asked for into the words of package fax.
func (s *Server) submission(r *http.Request, m mailbox, in submission) (fax.Submission, error) {
	retry, err := in.Options.retry(m.account.Preferences.Settings.SendFax.Retry)
	if err != nil {
		return fax.Submission{}, err
	}
	again, err := s.fromFax(r, m, in.FromFax)
	if err != nil {
		return fax.Submission{}, err
	}
	enhance := m.account.Preferences.Settings.ShouldEnhance
	if in.Options.Enhancement != nil {
		enhance = *in.Options.Enhancement
	}
	return fax.Submission{
		From: in.From, To: in.To, Files: in.Files, FromFax: again, Comment: in.Comment, Enhance: enhance, Retry: retry,
		SendTime: in.SendTime, CoverPage: in.CoverPage, Resolution: in.Resolution,
		NoHeader: in.Options.Header != nil && !*in.Options.Header,
	}, nil
}

// retry reads the two numbers, which must be in range before one becomes a duration.
func (o options) retry(settings auth.Retry) (fax.Retry, error) {
	count, delay := settings.Count, settings.Delay
	if o.Retry.Count != nil {
		count = *o.Retry.Count
	}
	if o.Retry.Delay != nil {
		delay = *o.Retry.Delay
	}
	most := seconds(fax.MaxRetryDelay)
	switch {
	case count < 0 || count > fax.MaxRetries:
		return fax.Retry{}, outOfRange("options.retry.count", 0, fax.MaxRetries)
	case delay < 0 || delay > most:
		return fax.Retry{}, outOfRange("options.retry.delay", 0, most)
	}
	return fax.Retry{Count: count, Delay: time.Duration(delay) * time.Second}, nil
}

// fromFax finds whose fax is to be sent again, as the caller may see it.
func (s *Server) fromFax(r *http.Request, m mailbox, in *fromFax) (*fax.FromFax, error) {
	if in == nil {
		return nil, nil
	}
	if in.FaxID == "" {
		return nil, valueMissing("from_fax.fax_id")
	}
	if in.UserID == "" {
		return &fax.FromFax{FaxID: in.FaxID}, nil
	}
	source, err := s.mailboxOf(r, m.caller, in.UserID)
	if err != nil {
		return nil, err
	}
	return &fax.FromFax{FaxID: in.FaxID, Of: &source.Actor}, nil
}
