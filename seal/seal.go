// Package seal keeps what must be used again, such as webhook secrets and mail
// that waits to be sent, out of the hands of whoever reads the database alone:
// AES-256-GCM (NIST SP 800-38D) under keys derived by HKDF (RFC 5869).
//
// Everything is sealed for a purpose. A purpose has a key of its own, and what was
// sealed for one cannot be opened for another. What needs no second use is not
// sealed but hashed, by package auth.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
)

const (
	keySize = 32 // bytes; AES-256

	// version is the first byte of everything sealed. It says which algorithm
	// opens the rest, and is authenticated with it.
	version = 1
)

// Overhead is by how many bytes a sealed text is longer than its plaintext: the
// version, the nonce, the tag.
const Overhead = 1 + 12 + 16

// ErrOpen is the answer of Open to everything that was not sealed with this key for
// this purpose. It says no more, so that nobody learns from it.
var ErrOpen = errors.New("seal: cannot be opened")

// Key seals and opens. It is safe for concurrent use. The zero value is not a key:
// make one with Load, Create or KeyFrom.
type Key struct {
	secret [keySize]byte
}

// KeyFrom derives a key from a secret text that somebody presents, such as a token.
// The secret must have at least 128 bits of chance: nothing here makes guessing
// slow. Whoever does not have the text cannot open what is sealed under it.
func KeyFrom(secretText, purpose string) *Key {
	return &Key{derive([]byte(secretText), "faxgate seal under "+purpose)}
}

// Seal encrypts and authenticates the plaintext for the purpose. The nonce is
// random, so that a purpose is good for 2^32 texts (NIST SP 800-38D 8.3).
func (k *Key) Seal(purpose string, plaintext []byte) []byte {
	out := make([]byte, 1, len(plaintext)+Overhead)
	out[0] = version
	return k.aead(purpose).Seal(out, nil, plaintext, associated(purpose))
}

// Open gives back what Seal took. Every failure is ErrOpen.
func (k *Key) Open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version {
		return nil, ErrOpen
	}
	plaintext, err := k.aead(purpose).Open(nil, nil, sealed[1:], associated(purpose))
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// aead is the cipher of the purpose. It puts a random nonce before its output.
func (k *Key) aead(purpose string) cipher.AEAD {
	if k.secret == [keySize]byte{} {
		panic("seal: the zero Key cannot be used")
	}
	subkey := derive(k.secret[:], "faxgate seal for "+purpose)
	block, err := aes.NewCipher(subkey[:])
	if err != nil {
		panic(err) // 32 bytes are a key size
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has 128-bit blocks
	}
	return aead
}

func associated(purpose string) []byte { return append([]byte{version}, purpose...) }

// derive needs no salt: its input is uniformly random (RFC 5869 3.1).
func derive(secret []byte, info string) [keySize]byte {
	key, err := hkdf.Key(sha256.New, secret, nil, info, keySize)
	if err != nil {
		panic(err) // 32 bytes are within HKDF's limit
	}
	return [keySize]byte(key)
}

const hidden = "seal.Key(hidden)"

// String hides the key.
func (k Key) String() string { return hidden }

// Format hides the key from every verb of package fmt, %d and %#v too.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue hides the key from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the key from encoding/json and its kind.
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }
