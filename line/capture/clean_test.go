package capture_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line/capture"
)

func TestCleanCrossesOutWhatAPasswordMade(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"a request": {
			"REGISTER sip:h SIP/2.0\r\nAuthorization: Digest username=\"u\", cnonce=\"c\", response=\"0123abcd\", qop=auth\r\nVia: x\r\n\r\n",
			"REGISTER sip:h SIP/2.0\r\nAuthorization: Digest username=\"u\", cnonce=\"c\", response=\"xxxxxxxx\", qop=auth\r\nVia: x\r\n\r\n",
		},
		"a proxy's, with spaces and capitals": {
			"PROXY-AUTHORIZATION :digest Response = \"01\"\r\n", "PROXY-AUTHORIZATION :digest Response = \"xx\"\r\n",
		},
		"without quotes":         {"Authorization: Digest response=0123,realm=r\n", "Authorization: Digest response=xxxx,realm=r\n"},
		"over several lines":     {"Authorization: Digest\r\n realm=r,\r\n response=\r\n\t\"0123\"\r\nTo: a", "Authorization: Digest\r\n realm=r,\r\n response=\r\n\t\"xxxx\"\r\nTo: a"},
		"twice":                  {"Authorization: Digest response=\"1\", response=\"2\"\r\n", "Authorization: Digest response=\"x\", response=\"x\"\r\n"},
		"an escaped quote":       {`Authorization: Digest response="1\"2"`, `Authorization: Digest response="xxxx"`},
		"a quote without end":    {`Authorization: Digest response="12`, `Authorization: Digest response="xx`},
		"in the middle of TCP":   {`Authorization: Digest response=`, `Authorization: Digest response=`},
		"letters that grow":      {"Authorization: Digest realm=\"\u0130\u0130\", response=\"12\"", "Authorization: Digest realm=\"\u0130\u0130\", response=\"xx\""},
		"a string that pretends": {`Authorization: Digest realm="response=",response="12"`, `Authorization: Digest realm="response="xxxxxxxxxx"xx"`},
		"a password in base 64":  {"Authorization: Basic dTpw\r\nTo: a", "Authorization: xxxxx xxxx\r\nTo: a"},
		"a token":                {"Authorization: Bearer\r\n abc\r\n", "Authorization: xxxxxx\r\n xxx\r\n"},
		"the server's proof":     {"Authentication-Info: rspauth=\"12\", nextnonce=\"34\"\r\n", "Authentication-Info: rspauth=\"xx\", nextnonce=\"34\"\r\n"},
		"a challenge":            {"WWW-Authenticate: Digest nonce=\"1\", response=\"2\"\r\n", "WWW-Authenticate: Digest nonce=\"1\", response=\"2\"\r\n"},
		"another header":         {"Subject: Authorization: response=\"1\"\r\n", "Subject: Authorization: response=\"1\"\r\n"},
		"nothing":                {"", ""},
	} {
		in := []byte(tt.in)
		if got := string(capture.Clean(in)); got != tt.want {
			t.Errorf("%s: Clean = %q\nwant %q", name, got, tt.want)
		}
		if string(in) != tt.in {
			t.Errorf("%s: what was to be sent has changed: %q", name, in)
		}
	}
}

// FuzzClean: the text stays as long as it was, and nothing but the secret changes.
func FuzzClean(f *testing.F) {
	f.Add([]byte("Authorization: Digest cnonce=\"c\", response=\"0123\"\r\nVia: x\r\n\r\n"))
	f.Add([]byte("Proxy-Authentication-Info:\r\n rspauth = 1\r\nAuthorization:Basic \xff\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		out := capture.Clean(in)
		if !bytes.Equal(in, before) || len(out) != len(in) {
			t.Fatalf("Clean(%q) = %q, and the input is %q", before, out, in)
		}
		for i := range out {
			if out[i] != in[i] && (out[i] != 'x' || strings.ContainsRune("\r\n", rune(in[i]))) {
				t.Errorf("Clean(%q) = %q", in, out)
			}
		}
		secret := []byte("\nAuthorization: Digest a=b, response=\"5ecre7\"\r\n")
		if bytes.Contains(capture.Clean(append(before, secret...)), []byte("5ecre7")) {
			t.Errorf("after %q a secret is left", before)
		}
	})
}
