package api

import (
	"cmp"
	"context"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/web"
)

// Reports draws confirmation reports.
type Reports interface {
	// WriteReport writes what became of a fax as a PDF.
	WriteReport(ctx context.Context, w io.Writer, f fax.Fax, language locale.Language, zone *time.Location) error
}

// The forms in which pages are downloaded.
const (
	pdfType  = "application/pdf"
	tiffType = "image/tiff"
)

// download answers with the pages of a fax.
func (s *Server) download(w http.ResponseWriter, r *http.Request, m mailbox) error {
	mediaType, err := downloadType(r, m.caller.Account.Preferences.Data.DefaultFileType)
	if err != nil {
		return err
	}
	pages, err := s.Faxes.Open(r.Context(), m.Actor, r.PathValue("fax_id"))
	if err != nil {
		return err
	}
	defer pages.Close()
	id := pages.Fax.ID
	if mediaType == tiffType {
		if size := pages.Size(); size > 0 {
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		}
		return writeFile(w, tiffType, id+".tiff", pages.WriteTIFF)
	}
	return writeFile(w, pdfType, id+".pdf", pages.WritePDF)
}

// report answers with the confirmation report of a fax.
func (s *Server) report(w http.ResponseWriter, r *http.Request, m mailbox) error {
	f, err := s.Faxes.Fax(r.Context(), m.Actor, r.PathValue("fax_id"))
	if err != nil {
		return err
	}
	language := locale.Match(m.caller.Account.MailLanguage(m.caller.Organization), r.Header.Get("Accept-Language"))
	zone := m.caller.Account.Location(m.caller.Organization)
	return writeFile(w, pdfType, "report-"+f.ID+".pdf", func(w io.Writer) error { return s.Reports.WriteReport(r.Context(), w, f, language, zone) })
}

// writeFile answers with a file. Its name stands there plain: some clients take quotes
// for a part of it. A file that breaks off is cut short: half of one must not look
// whole.
func writeFile(w http.ResponseWriter, mediaType, name string, write func(io.Writer) error) error {
	// The read deadline of the request would end a long answer's context.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", "attachment; filename="+name)
	h.Set("Cache-Control", "private, no-cache")
	h.Add("Vary", "Accept")
	h["X-Content-Type-Options"] = noSniff
	err := write(w)
	if err != nil && web.Begun(w) {
		web.LineOf(w).Err = err
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		for _, name := range []string{"Content-Disposition", "Content-Length", "Cache-Control"} {
			h.Del(name)
		}
	}
	return err
}

// downloadType decides between PDF and TIFF: the query, then Accept, then the account's
// own choice. That some clients ask for JSON here is ignored.
func downloadType(r *http.Request, preferred string) (string, error) {
	values, err := readQuery(r)
	if err != nil {
		return "", err
	}
	switch format := strings.ToLower(values.Get("format")); format {
	case "pdf":
		return pdfType, nil
	case "tiff", "tif":
		return tiffType, nil
	case "":
	default:
		return "", notOneOf("format", "pdf", "tiff")
	}
	if accepted := acceptedType(r.Header.Values("Accept")); accepted != "" {
		return accepted, nil
	}
	if preferred == "tiff" {
		return tiffType, nil
	}
	return pdfType, nil
}

// acceptedType is which of the two Accept names, with the greater weight (RFC 9110
// 12.5.1); the first of equals. Empty: neither.
func acceptedType(headers []string) string {
	best, most := "", 0.0
	for item := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		mediaType, params, err := mime.ParseMediaType(item)
		if err != nil || mediaType != pdfType && mediaType != tiffType {
			continue
		}
		weight, err := strconv.ParseFloat(cmp.Or(params["q"], "1"), 64)
		if err == nil && weight > most {
			best, most = mediaType, weight
		}
	}
	return best
}
