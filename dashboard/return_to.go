package dashboard

import (
	"net/url"
	"strings"
)

// maxReturnTo has room for an authorization request with the longest state.
const maxReturnTo = 16 << 10

// localPath gives the path when it certainly stays on this server, otherwise "/".
// Browsers read \ as /, skip tabs and newlines, and take // for another host, so
// that only what begins with a single slash and holds none of those counts.
func localPath(path string) string {
	if len(path) > maxReturnTo || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "/"
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r <= 0x20 || r == 0x7f || r == '\\' || r == 0xfffd }) {
		return "/"
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	if strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") { // %2F%2Fhost, once decoded by a proxy
		return "/"
	}
	return path
}
