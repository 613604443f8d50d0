package store

import (
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// The states of a document.
const (
	documentWaiting = "waiting" // for its pages
	documentReady   = "ready"
	documentFailed  = "failed" // it has none, and never will
)

func (t *tx) putDocument(d fax.Document, state string, at time.Time) error {
	files, err := jsonText(d.Files)
	if err != nil {
		return err
	}
	cover := ""
	if d.CoverPage != nil {
		if cover, err = jsonText(d.CoverPage); err != nil {
			return err
		}
	}
	readyAt := time.Time{}
	if state == documentReady {
		readyAt = at
	}
	return t.run(`INSERT INTO fax_documents
		(id, state, blob, pages, size, refusal, files, cover_page, headed, header, header_at, language, time_zone, enhance, resolution, paper,
		 created_at, tries, converting_at, ready_at, claimed_by, claimed_until)
		VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 0, 0, $17, '', 0)`,
		d.ID, state, d.Blob, d.Pages, d.Size, files, cover, d.Headed, d.Header, ms(d.HeaderAt), d.Language, d.TimeZone,
		d.Enhance, d.Resolution, d.Paper, ms(at), ms(readyAt))
}

// putSources notes of what a document is to be made. While the note stands nobody
// deletes those blobs.
func (t *tx) putSources(documentID string, sources []fax.Source) error {
	for i, s := range sources {
		if s.Document != "" {
			if err := t.holdDocument(s); err != nil {
				return err
			}
		}
		err := t.run("INSERT INTO fax_document_sources (document_id, position, blob, name) VALUES ($1, $2, $3, $4)",
			documentID, i, s.Blob, s.Name)
		if err != nil {
			return err
		}
	}
	return nil
}

// holdDocument keeps an earlier document from being deleted until the transaction ends.
func (t *tx) holdDocument(s fax.Source) error {
	held, err := t.texts("SELECT id FROM fax_documents WHERE id = $1 AND blob = $2"+t.db.share, s.Document, s.Blob)
	if err == nil && len(held) == 0 {
		return fault.New(fault.Invalid, "document_gone").At("from_fax")
	}
	return err
}

// dropDocument deletes a document that no job and no fax has any more. Whoever removes
// another one's last holder at the same time waits at the row.
func (t *tx) dropDocument(id string, at time.Time) error {
	blobs, err := t.texts("SELECT blob FROM fax_documents WHERE id = $1"+t.db.lock, id)
	if err != nil || len(blobs) == 0 {
		return err
	}
	var held bool
	err = t.get(`SELECT EXISTS (SELECT 1 FROM fax_jobs WHERE document_id = $1)
		OR EXISTS (SELECT 1 FROM faxes WHERE document_id = $1)`, []any{id}, &held)
	if err != nil || held {
		return err
	}
	if err := t.run("DELETE FROM fax_document_sources WHERE document_id = $1", id); err != nil {
		return err
	}
	if err := t.run("DELETE FROM fax_documents WHERE id = $1", id); err != nil {
		return err
	}
	return t.doomBlob(blobs[0], at)
}

// doomBlob notes that a blob is to be deleted.
func (t *tx) doomBlob(blob string, due time.Time) error {
	if blob == "" {
		return nil
	}
	return t.run("INSERT INTO fax_dead_blobs (blob, due_at) VALUES ($1, $2) ON CONFLICT (blob) DO NOTHING", blob, ms(due))
}

// adoptBlob keeps a blob for the row that the transaction stores.
func (t *tx) adoptBlob(blob string) error {
	return t.run("DELETE FROM fax_dead_blobs WHERE blob = $1", blob)
}
