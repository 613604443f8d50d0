package dashboard

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/faxgate/faxgate/fault"
)

//go:embed static
var staticFiles embed.FS

// asset is one static file. Its address holds a part of its hash: another content
// has another address, so that browsers may keep it for ever.
type asset struct {
	address string // /static/style.0123456789ab.css
	content []byte
	mime    string
}

var mimeTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// assets holds the files by name and by the last part of their address.
var assets = sync.OnceValue(func() map[string]asset {
	all := make(map[string]asset)
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic("dashboard: " + err.Error()) // compiled in
	}
	for _, e := range entries {
		content, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic("dashboard: " + err.Error()) // compiled in
		}
		sum := sha256.Sum256(content)
		extension := path.Ext(e.Name())
		marked := strings.TrimSuffix(e.Name(), extension) + "." + hex.EncodeToString(sum[:6]) + extension
		a := asset{"/static/" + marked, content, mimeTypes[extension]}
		all[e.Name()], all[marked] = a, a
	}
	return all
})

// static serves a file at its marked address alone.
func (s *Server) static(v *visit) error {
	name := v.r.PathValue("file")
	a, ok := assets()[name]
	if !ok || path.Base(a.address) != name {
		return fault.New(fault.NotFound, "page_unknown")
	}
	h := v.w.Header()
	h.Set("Content-Type", a.mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // an SVG opened by itself
	if v.r.Method == http.MethodHead {
		return nil
	}
	_, _ = v.w.Write(a.content) // a browser that went away needs no answer
	return nil
}
