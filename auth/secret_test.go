package auth_test

import (
	"hash/crc32"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
)

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func prefixes() []auth.Prefix {
	return []auth.Prefix{
		auth.PersonalAccessToken, auth.AccessToken, auth.RefreshToken, auth.AuthorizationCode,
		auth.ClientSecret, auth.BrowserSession, auth.OneTimeLink, auth.ConsentTicket,
	}
}

func TestASecretHasPrefix43DigitsAndChecksum(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^fg[a-z]_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$`)
	for _, p := range prefixes() {
		secret := auth.NewSecret(p)
		if !shape.MatchString(secret) || !strings.HasPrefix(secret, string(p)+"_") || len(secret) != auth.SecretLength {
			t.Errorf("NewSecret(%s) has the shape of %s", p, mask(secret))
		}
		if !auth.WellFormed(p, secret) || auth.PrefixOf(secret) != p {
			t.Errorf("a new %s is not recognized", p)
		}
	}
}

// mask keeps the digits of a secret out of a test's output.
func mask(secret string) string {
	return regexp.MustCompile(`[0-9A-Za-z]`).ReplaceAllString(secret, "x")
}

// The checksum is that of the tokens of other forges: CRC-32 (IEEE) over all before
// it, in base62. A scanner that knows the rule tells a secret from noise.
func TestTheChecksumIsCRC32InBase62(t *testing.T) {
	t.Parallel()
	body := "fgp_" + strings.Repeat("0", 43)
	if !auth.WellFormed(auth.PersonalAccessToken, body+base62(crc32.ChecksumIEEE([]byte(body)))) {
		t.Error("the checksum is another")
	}
}

func base62(n uint32) string {
	out := make([]byte, 6)
	for i := range out {
		out[5-i] = digits[n%62]
		n /= 62
	}
	return string(out)
}

func TestTheChecksumCatchesEveryChangeOfOneCharacter(t *testing.T) {
	t.Parallel()
	secret := auth.NewSecret(auth.AccessToken)
	for i := range len(secret) {
		for _, c := range []byte(digits + "_-+/=. \x00\n\x7f\xff") {
			changed := []byte(secret)
			changed[i] = c
			if c != secret[i] && auth.WellFormed(auth.AccessToken, string(changed)) {
				t.Errorf("character %d as %q is taken", i, c)
			}
		}
	}
}

func TestTheChecksumCatchesTwoDigitsThatChangedPlaces(t *testing.T) {
	t.Parallel()
	secret := []byte(auth.NewSecret(auth.AccessToken))
	for i := len("fga_"); i < len(secret)-1; i++ {
		changed := append([]byte(nil), secret...)
		changed[i], changed[i+1] = changed[i+1], changed[i]
		if changed[i] != changed[i+1] && auth.WellFormed(auth.AccessToken, string(changed)) {
			t.Errorf("digits %d and %d may change places", i, i+1)
		}
	}
}

func TestASecretOfOneKindIsNoneOfAnother(t *testing.T) {
	t.Parallel()
	for _, from := range prefixes() {
		secret := auth.NewSecret(from)
		for _, to := range prefixes() {
			if from == to {
				continue
			}
			if auth.WellFormed(to, secret) {
				t.Errorf("a %s passes as %s", from, to)
			}
			if auth.WellFormed(to, string(to)+secret[3:]) {
				t.Errorf("a %s under the prefix %s passes", from, to)
			}
		}
	}
}

func TestWhatIsNoSecretIsRefused(t *testing.T) {
	t.Parallel()
	secret := auth.NewSecret(auth.PersonalAccessToken)
	for name, text := range map[string]string{
		"nothing":           "",
		"the prefix alone":  "fgp_",
		"cut short":         secret[:len(secret)-1],
		"one more":          secret + "0",
		"a space before":    " " + secret[1:],
		"a line end behind": secret[:len(secret)-1] + "\n",
		"upper case prefix": "FGP" + secret[3:],
		"wide digits":       "fgp_" + strings.Repeat("０", 16) + "0",
	} {
		if auth.WellFormed(auth.PersonalAccessToken, text) {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestTenThousandSecretsAreDifferentAndUseTheWholeAlphabet(t *testing.T) {
	t.Parallel()
	seen, used := map[string]bool{}, map[rune]bool{}
	ones := new(big.Int) // the bits that are set in some secret
	for range 10_000 {
		secret := auth.NewSecret(auth.AccessToken)
		if seen[secret] {
			t.Fatal("a secret came twice")
		}
		seen[secret] = true
		for _, c := range secret[len("fga_"):] {
			used[c] = true
		}
		ones.Or(ones, number(secret[len("fga_"):len("fga_")+43]))
	}
	if all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)); ones.Cmp(all) != 0 {
		t.Errorf("the random bits that are used are %x", ones)
	}
	for _, c := range digits {
		if !used[c] {
			t.Errorf("the digit %c is never used", c)
		}
	}
}

// number reads base62.
func number(text string) *big.Int {
	n := new(big.Int)
	for _, c := range text {
		n.Add(n.Mul(n, big.NewInt(62)), big.NewInt(int64(strings.IndexRune(digits, c))))
	}
	return n
}

func TestAHintShowsThePrefixAndFourDigits(t *testing.T) {
	t.Parallel()
	secret := auth.NewSecret(auth.PersonalAccessToken)
	if got, want := auth.Hint(secret), "fgp_…"+secret[len(secret)-4:]; got != want {
		t.Errorf("Hint = %s, want %s", got, want)
	}
	for _, short := range []string{"", "fgp_", secret[:20]} {
		if got := auth.Hint(short); got != "" {
			t.Errorf("Hint of %d characters = %q, want none", len(short), got)
		}
	}
}

func TestLooksTellsWhatATextWasMeantToBe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]auth.Prefix{
		"fgp_damaged":        auth.PersonalAccessToken,
		"fgs_":               auth.ClientSecret,
		"alohi_pat_XXXXXXXX": "",
		"FGP_x":              "",
		"fgp":                "",
		"":                   "",
		"_":                  "",
		"eyJhbGciOi.x_y":     "",
	} {
		if got := auth.PrefixOf(text); got != want {
			t.Errorf("PrefixOf(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestAHashComesBackFromTextAndFromTheDatabase(t *testing.T) {
	t.Parallel()
	h := auth.HashOf("a secret")
	if again, err := auth.ParseHash(h.String()); err != nil || again != h {
		t.Errorf("ParseHash = %s, %v", again, err)
	}
	value, err := h.Value()
	if err != nil {
		t.Fatal(err)
	}
	var again auth.Hash
	if err := again.Scan(value); err != nil || again != h {
		t.Errorf("Scan = %s, %v", again, err)
	}
}

func TestAHashIsReadFromNothingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "00", strings.Repeat("0", 63), strings.Repeat("0", 66), strings.Repeat("g", 64)} {
		if _, err := auth.ParseHash(text); err == nil {
			t.Errorf("ParseHash(%q) is taken", text)
		}
	}
	for _, src := range []any{nil, "text", int64(1), []byte{}, make([]byte, 31), make([]byte, 33)} {
		var h auth.Hash
		if err := h.Scan(src); err == nil {
			t.Errorf("Scan(%T) is taken", src)
		}
	}
}

func TestIDsHaveTheFormsOfTheWire(t *testing.T) {
	t.Parallel()
	account, client := regexp.MustCompile(`^[0-9a-f]{32}$`), regexp.MustCompile(`^APIK-[0-9A-Za-z]{20}$`)
	seen := map[string]bool{}
	for range 1000 {
		a, c := auth.NewID(), auth.NewClientID()
		if !account.MatchString(a) || !client.MatchString(c) || !auth.IsClientID(c) || seen[a] || seen[c] {
			t.Fatalf("NewID = %s, NewClientID = %s", a, c)
		}
		seen[a], seen[c] = true, true
	}
}

func TestWhatHasNotTheFormOfAClientIDIsNone(t *testing.T) {
	t.Parallel()
	id := auth.NewClientID()
	for _, text := range []string{"", "APIK-", id[1:], id + "0", id[:24], "apik" + id[4:], id[:24] + "-", id[:24] + "\x00", id[:23] + "é"} {
		if auth.IsClientID(text) {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzToken holds the reader of secrets: it never panics, and takes nothing but a
// prefix, 43 digits and their checksum.
func FuzzToken(f *testing.F) {
	for _, p := range prefixes() {
		f.Add(auth.NewSecret(p))
	}
	for _, text := range []string{"", "fgp_", "fgp", "_", "fga_" + strings.Repeat("z", 49), strings.Repeat("\xff", auth.SecretLength)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if hint := auth.Hint(text); len(text) < auth.SecretLength && hint != "" {
			t.Errorf("the hint of %q is %q", text, hint)
		}
		looks := auth.PrefixOf(text)
		for _, p := range prefixes() {
			if !auth.WellFormed(p, text) {
				continue
			}
			if looks != p {
				t.Errorf("%q is a %s and looks like %q", text, p, looks)
			}
			body := text[:4+43]
			if text != string(p)+"_"+body[4:]+base62(crc32.ChecksumIEEE([]byte(body))) {
				t.Errorf("%q is taken", text)
			}
			if _, ok := new(big.Int).SetString(body[4:], 62); !ok {
				t.Errorf("%q is no number", body[4:])
			}
		}
	})
}
