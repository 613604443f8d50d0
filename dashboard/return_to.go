package dashboard

import (
	"net/url"
	"strings"
)

// maxReturnTo has room for an authorization request with the longest state.
const maxReturnTo = 16 << 10

// localPath gives the path when it certainly stays on this server, otherwise "/".
// Browsers read \ as / and take // for another host, and a proxy may decode what is
// encoded: so it begins with one slash, as it stands and decoded, and has no
// backslash.
func localPath(path string) string {
	u, err := url.Parse(path) // which refuses control characters
	switch {
	case err != nil, len(path) > maxReturnTo, !strings.HasPrefix(path, "/"), strings.HasPrefix(path, "//"):
		return "/"
	case strings.HasPrefix(u.Path, "//"), strings.Contains(u.Path, `\`):
		return "/"
	}
	return path
}
