package dashboard

import (
	"net/url"
	"strings"
)

// maxReturnTo has room for an authorization request with the longest state.
const maxReturnTo = 16 << 10

// localPath gives the path when it certainly stays on this server, otherwise "/".
// Browsers read \ as / and take // for another host, and a proxy may decode what is
// encoded, so that only a path that begins with a single slash and has no backslash
// counts, decoded as it is.
func localPath(path string) string {
	u, err := url.Parse(path) // which refuses control characters
	if err != nil || len(path) > maxReturnTo || u.Scheme != "" || u.Host != "" || u.User != nil {
		return "/"
	}
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "/"
	}
	return path
}
