package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"strings"
	"time"
)

// Prefix tells what a secret is for before anything looks it up.
type Prefix string

// The prefixes of everything this server hands out.
const (
	PersonalAccessToken Prefix = "fgp"
	AccessToken         Prefix = "fga"
	RefreshToken        Prefix = "fgr"
	AuthorizationCode   Prefix = "fgc"
	ClientSecret        Prefix = "fgs"
	BrowserSession      Prefix = "fgo"
	OneTimeLink         Prefix = "fgl" // invitation, password reset, new e-mail address
	ConsentTicket       Prefix = "fgt"
)

const (
	alphabet       = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomDigits   = 43 // 62^43 > 2^256
	checksumDigits = 6  // 62^6 > 2^32
	prefixLength   = 3

	clientIDPrefix = "APIK-"
	clientIDDigits = 20

	// SecretLength is the length of every secret's text.
	SecretLength = prefixLength + 1 + randomDigits + checksumDigits
)

// Hash is the SHA-256 of a secret's text: all that the database keeps of it. A
// secret has 256 random bits, so that a slow hash would buy nothing.
type Hash [sha256.Size]byte

// HashOf hashes the text of a secret.
func HashOf(text string) Hash { return sha256.Sum256([]byte(text)) }

// String is the hash in hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what String wrote.
func ParseHash(text string) (h Hash, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(h) {
		return h, errors.New("not a SHA-256 in hexadecimal digits")
	}
	return Hash(b), nil
}

// Value stores the hash as its 32 bytes.
func (h Hash) Value() (driver.Value, error) { return h[:], nil }

// Scan reads 32 bytes.
func (h *Hash) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("a hash of %d bytes expected, got %T", len(h), src)
	}
	copy(h[:], b)
	return nil
}

// NewSecret makes a secret of 256 random bits: the prefix, an underscore, 43
// base62 digits and a checksum. The text is shown once and never stored.
func NewSecret(p Prefix) string {
	var random [32]byte
	rand.Read(random[:]) // never fails (crypto/rand since Go 1.24)
	body := string(p) + "_" + base62(words(random), randomDigits)
	return body + checksum(body)
}

// WellFormed reports whether text is a secret of this kind: prefix, length,
// alphabet and checksum. What fails here never reaches the database.
func WellFormed(p Prefix, text string) bool {
	if len(text) != SecretLength || text[:prefixLength] != string(p) || text[prefixLength] != '_' {
		return false
	}
	for i := prefixLength + 1; i < len(text); i++ {
		if !isBase62(text[i]) {
			return false
		}
	}
	return checksumMatches(text)
}

// PrefixOf reports the prefix of a text that has the shape of a secret, whatever
// its checksum. It is empty for everything else.
func PrefixOf(text string) Prefix {
	head, _, found := strings.Cut(text, "_")
	if !found {
		return ""
	}
	switch p := Prefix(head); p {
	case PersonalAccessToken, AccessToken, RefreshToken, AuthorizationCode, ClientSecret, BrowserSession, OneTimeLink, ConsentTicket:
		return p
	}
	return ""
}

// Hint is what lists show of a secret: its prefix and its last four digits.
func Hint(text string) string {
	if len(text) < SecretLength {
		return ""
	}
	return text[:prefixLength+1] + "…" + text[len(text)-4:]
}

// NewID makes an identifier of 32 hexadecimal digits, the form that account ids
// have on the wire. It begins with the time in milliseconds, as a UUID of version 7
// does (RFC 9562 5.7): rows that are written together then stand together in an
// index. The other 80 bits are random.
func NewID() string {
	var id [16]byte
	rand.Read(id[6:])
	now := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint16(id[0:], uint16(now>>32))
	binary.BigEndian.PutUint32(id[2:], uint32(now))
	return hex.EncodeToString(id[:])
}

// NewClientID makes a client id: APIK- and 20 base62 digits.
func NewClientID() string {
	var random [32]byte
	rand.Read(random[:])
	return clientIDPrefix + base62(words(random), clientIDDigits)
}

// IsClientID reports whether text has the form of a client id. What has not never
// reaches the database.
func IsClientID(text string) bool {
	digits, found := strings.CutPrefix(text, clientIDPrefix)
	if !found || len(digits) != clientIDDigits {
		return false
	}
	for i := range len(digits) {
		if !isBase62(digits[i]) {
			return false
		}
	}
	return true
}

func words(b [32]byte) (n [4]uint64) {
	for i := range n {
		n[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return n
}

// base62 writes the digits of a number of 256 bits, the most significant word
// first; what does not fit into the digits is left out. It divides by 62^10, the
// largest power that leaves room in a word, to get ten digits at a time.
func base62(n [4]uint64, digits int) string {
	const tenDigits = 839_299_365_868_340_224 // 62^10
	var out [randomDigits]byte
	for i := digits; i > 0; {
		var rest uint64
		for j := range n {
			n[j], rest = bits.Div64(rest, n[j], tenDigits)
		}
		for k := 0; k < 10 && i > 0; k++ {
			i--
			out[i] = alphabet[rest%62]
			rest /= 62
		}
	}
	return string(out[:digits])
}

func checksum(body string) string {
	var out [checksumDigits]byte
	putChecksum(out[:], crc32.ChecksumIEEE([]byte(body)))
	return string(out[:])
}

func checksumMatches(text string) bool {
	cut := len(text) - checksumDigits
	var want [checksumDigits]byte
	putChecksum(want[:], crc32.ChecksumIEEE([]byte(text[:cut])))
	return string(want[:]) == text[cut:]
}

func putChecksum(out []byte, sum uint32) {
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = alphabet[sum%62]
		sum /= 62
	}
}

func isBase62(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
