package dashboard

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/web"
)

// Reports draws reports of what became of a fax.
type Reports interface {
	// WriteReport writes one as a PDF.
	WriteReport(ctx context.Context, w io.Writer, f fax.Fax, language locale.Language, zone *time.Location) error
}

// faxPicture answers with a page as a picture. A page never changes: who may see it and
// has it already need not get it again.
func (s *Server) faxPicture(v *visit, m mailbox) error {
	n, err := strconv.Atoi(v.r.PathValue("page"))
	if err != nil {
		return fault.New(fault.NotFound, "fax_page_unknown")
	}
	pages, err := s.Faxes.Open(v.r.Context(), m.Actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	defer pages.Close()
	tag := `"` + pages.Fax.ID + "-" + strconv.Itoa(n) + `"`
	v.w.Header().Set("ETag", tag)
	if v.r.Header.Get("If-None-Match") == tag {
		v.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return v.file("image/png", "inline", func(w io.Writer) error { return pages.WritePNG(w, n) })
}

// faxFile answers with the pages of a fax, or with the report on it, to be kept.
func (s *Server) faxFile(v *visit, m mailbox) error {
	by, id := m.Actor, v.r.PathValue("id")
	if v.r.PathValue("file") == "report.pdf" {
		return s.faxReport(v, by, id)
	}
	pages, err := s.Faxes.Open(v.r.Context(), by, id)
	if err != nil {
		return err
	}
	defer pages.Close()
	attachment := "attachment; filename=fax-" + pages.Fax.ID
	switch v.r.PathValue("file") {
	case "fax.pdf":
		return v.file("application/pdf", attachment+".pdf", pages.WritePDF)
	case "fax.tiff":
		if size := pages.Size(); size > 0 {
			v.w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		}
		return v.file("image/tiff", attachment+".tiff", pages.WriteTIFF)
	}
	return fault.New(fault.NotFound, "page_unknown")
}

func (s *Server) faxReport(v *visit, by fax.Actor, id string) error {
	f, err := s.Faxes.Fax(v.r.Context(), by, id)
	if err != nil {
		return err
	}
	if s.Reports == nil {
		return fault.New(fault.NotFound, "page_unknown")
	}
	return v.file("application/pdf", "attachment; filename=report-"+f.ID+".pdf", func(w io.Writer) error {
		return s.Reports.WriteReport(v.r.Context(), w, f, v.language, v.zone)
	})
}

// file answers with a document that only this browser may keep. One that breaks off is
// cut short: half of it must not look whole.
func (v *visit) file(mediaType, disposition string, write func(io.Writer) error) error {
	// The read deadline of the request would end a long answer's context.
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{})
	h := v.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", disposition)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // a document opened by itself
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", noReferrer)
	err := write(v.w)
	if err != nil && web.Begun(v.w) {
		web.LineOf(v.w).Err = err
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		h.Del("Content-Disposition")
		h.Del("Content-Length")
		h.Del("ETag")
	}
	return err
}
