package seal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/seal"
)

const purpose = "mail"

func newKey(t testing.TB) *seal.Key {
	t.Helper()
	k, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpenGivesBackWhatWasSealed(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	for _, plaintext := range []string{"", "x", "紫のやかん", strings.Repeat("long ", 1<<16)} {
		sealed := k.Seal(purpose, []byte(plaintext))
		if len(sealed) != len(plaintext)+seal.Overhead {
			t.Errorf("%d bytes became %d", len(plaintext), len(sealed))
		}
		if len(plaintext) > 4 && bytes.Contains(sealed, []byte(plaintext[:4])) {
			t.Error("the plaintext shows")
		}
		got, err := k.Open(purpose, sealed)
		if err != nil || string(got) != plaintext {
			t.Errorf("Open = %.20q, %v", got, err)
		}
	}
}

func TestSealTwiceDiffers(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	if bytes.Equal(k.Seal(purpose, []byte("x")), k.Seal(purpose, []byte("x"))) {
		t.Error("the nonce is used twice")
	}
}

func TestOpenRefusesEveryChangedBit(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	sealed := k.Seal(purpose, []byte("secret"))
	for bit := range len(sealed) * 8 {
		changed := bytes.Clone(sealed)
		changed[bit/8] ^= 1 << (bit % 8)
		if _, err := k.Open(purpose, changed); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
}

func TestOpenRefusesEveryOtherLength(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	sealed := k.Seal(purpose, []byte("secret"))
	for n := range len(sealed) {
		if _, err := k.Open(purpose, sealed[:n]); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	if _, err := k.Open(purpose, append(sealed, 0)); !errors.Is(err, seal.ErrOpen) {
		t.Error(err)
	}
}

func TestOpenRefusesAnotherPurpose(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	sealed := k.Seal(purpose, []byte("secret"))
	for _, other := range []string{"", "mai", "mails", "webhook"} {
		if _, err := k.Open(other, sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%q: %v", other, err)
		}
	}
}

func TestOpenRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	sealed := newKey(t).Seal(purpose, []byte("secret"))
	if _, err := newKey(t).Open(purpose, sealed); !errors.Is(err, seal.ErrOpen) {
		t.Error(err)
	}
}

func TestUnderOpensForWhoPresentsTheSecret(t *testing.T) {
	t.Parallel()
	const token, successor = "fgr_old", "fgr_new"
	sealed := seal.KeyFrom(token, "rotation").Seal(purpose, []byte(successor))
	got, err := seal.KeyFrom(token, "rotation").Open(purpose, sealed)
	if err != nil || string(got) != successor {
		t.Errorf("Open = %q, %v", got, err)
	}
	for name, k := range map[string]*seal.Key{
		"another secret":  seal.KeyFrom("fgr_other", "rotation"),
		"another purpose": seal.KeyFrom(token, "something else"),
		"the master key":  newKey(t),
	} {
		if _, err := k.Open(purpose, sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheZeroKeyIsNoKey(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("the zero Key seals")
		}
	}()
	new(seal.Key).Seal(purpose, nil)
}

func TestTheKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	k, err := seal.Load(keyFile(t, strings.Repeat("S0tL", 10)+"S0s=\n", 0o600)) // 32 times K
	if err != nil {
		t.Fatal(err)
	}
	holder := struct {
		Name  string
		Key   *seal.Key
		Value seal.Key
	}{"x", k, *k}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%t", "%e"} {
		fmt.Fprintf(&out, strings.Repeat(verb+" ", 3)+"\n", k, *k, holder)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", k, "value", *k, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", k, "value", *k, "holder", holder)
	if err := json.NewEncoder(&out).Encode([]any{k, *k, holder}); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(&out, k.String(), k.LogValue())
	for _, shown := range []string{"KK", "K K", "75 75", "75,75", "4b4b", "4B4B", "004B", "113 113", "1001011 1001011", "S0tL"} {
		if strings.Contains(out.String(), shown) {
			t.Errorf("%q in %s", shown, out.String())
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := seal.KeyFrom("a fixed secret for the fuzz corpus", "test")
	f.Add(purpose, k.Seal(purpose, []byte("secret")))
	f.Add("", []byte{})
	f.Add(purpose, bytes.Repeat([]byte{1}, seal.Overhead))
	f.Fuzz(func(t *testing.T, purpose string, sealed []byte) {
		plaintext, err := k.Open(purpose, sealed)
		if err != nil {
			if !errors.Is(err, seal.ErrOpen) || plaintext != nil {
				t.Fatalf("Open = %q, %v", plaintext, err)
			}
			return
		}
		again, err := k.Open(purpose, k.Seal(purpose, plaintext))
		if err != nil || !bytes.Equal(again, plaintext) {
			t.Fatalf("sealed again: %q, %v", again, err)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k := newKey(b)
	plaintext := make([]byte, 100)
	for b.Loop() {
		k.Seal(purpose, plaintext)
	}
}

func BenchmarkUnderAndSeal(b *testing.B) {
	plaintext := make([]byte, 53)
	for b.Loop() {
		seal.KeyFrom("fgr_0000000000000000000000000000000000000000000000000", "rotation").Seal(purpose, plaintext)
	}
}
