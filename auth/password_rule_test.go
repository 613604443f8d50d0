package auth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
)

func TestCheckPassword_SP800_63B_4_3_1_1_2(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, password string
		want           string // the code; empty: accepted
	}{
		{"an ordinary passphrase", "violet kettle maps river sunday", ""},
		{"one in Japanese", "紫のやかんで地図を沸かす日曜日", ""},
		{"one in romaji", "murasaki yakan chizu kawa", ""},
		{"a sentence", "my cat sells umbrellas to the moon", ""},
		{"random letters and digits", "k3v9qxw2m7tj4zp", ""},
		{"random marks: no rule about kinds of characters", "x#8!k@;%pQ-^&*(", ""},
		{"lower case alone", "gzkwpfhdvtmqbnj", ""},
		{"twenty random digits", "82915047366190284715", ""},
		{"the longest", "violet kettle " + strings.Repeat("é", 505), ""},
		{"a good one that has a hint in it", "faxgate violet kettle maps river", ""},

		{"empty", "", "password_too_short"},
		{"fourteen characters", "k3v9qxw2m7tj4z", "password_too_short"},
		{"fourteen characters of three bytes", strings.Repeat("紫", 14), "password_too_short"},
		{"fifteen code points that are fourteen in NFC", "k3v9qxw2m7tj4e\u0301", "password_too_short"},
		{"too many bytes", strings.Repeat("violet kettle ", 80), "password_too_long"},

		{"leaked, 16 characters", "1qaz2wsx3edc4rfv", "password_common"},
		{"leaked, without a pattern", "mailcreated5240", "password_common"},
		{"leaked, in other case", "MailCreated5240", "password_common"},
		{"printed in guides", "correct horse battery staple", "password_common"},
		{"the same with hyphens", "Correct-Horse-Battery-Staple", "password_common"},
		{"the same and a digit", "correcthorsebatterystaple1", "password_common"},
		{"printed in guides, Japanese", "いろはにほへとちりぬるをわかよたれそ", "password_common"},
		{"a common password repeated", "dragondragondragon", "password_common"},
		{"a common password and digits", "password20261123", "password_common"},
		{"digits in front", "20261123password", "password_common"},
		{"a common password and marks", "password!!!!!!!!", "password_common"},
		{"two common passwords", "sunshineprincess", "password_common"},
		{"a place, a year, a season", "Tokyo2026Summer", "password_common"},
		{"one character", "aaaaaaaaaaaaaaa", "password_common"},
		{"one Japanese character", strings.Repeat("あ", 20), "password_common"},
		{"one character, very long", strings.Repeat("a", 1024), "password_common"},
		{"a group repeated", "x7kx7kx7kx7kx7kx7k", "password_common"},
		{"digits up", "123456789012345", "password_common"},
		{"digits down", "098765432109876", "password_common"},
		{"the alphabet", "abcdefghijklmnop", "password_common"},
		{"a keyboard row twice", "qwertyuiopqwertyuiop", "password_common"},
		{"keyboard rows", "qwertyuiopasdfghjkl", "password_common"},
		{"keyboard columns down", "zaq1xsw2cde3vfr4", "password_common"},
		{"separators alone", "- . - . - . - . - .", "password_common"},

		{"the program's name", "faxgatefaxgatefaxgate", "password_contains"},
		{"the program's name and digits", "Faxgate-2026-11-23", "password_contains"},
		{"the address", "taro.yamada@clinic.example", "password_contains"},
		{"the local part and digits", "taro.yamada1985", "password_contains"},
		{"a part of the local part", "yamadayamada2026", "password_contains"},
		{"the organization", "Sakura Clinic 2026", "password_contains"},
		{"the organization in Japanese", "桜医院桜医院桜医院桜医院桜医院", "password_contains"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := auth.CheckPassword(tt.password, "taro.yamada@clinic.example", "Sakura Clinic", "桜医院")
			switch f := fault.Of(err); {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (f == nil || f.Code != tt.want || f.Kind != fault.Invalid || f.Field != "password"):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestTheRefusedPasswordIsNotInTheError(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"dragondragondragon", "monkey"} {
		err := auth.CheckPassword(password)
		sentence, action := locale.Error(locale.Japanese, err)
		if err == nil || strings.Contains(err.Error()+sentence+action, password) {
			t.Errorf("%v: %s %s", err, sentence, action)
		}
	}
}

func TestTheErrorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	err := auth.CheckPassword("sakuraclinic 2026", "Sakura Clinic")
	sentence, action := locale.Error(locale.Japanese, err)
	if !errors.Is(err, fault.Invalid) || !strings.Contains(sentence, "「sakuraclinic」") || !strings.Contains(action, "単語を4つ以上") {
		t.Errorf("%v: %s %s", err, sentence, action)
	}
}

func FuzzCheckPassword(f *testing.F) {
	f.Add("violet kettle maps river sunday", "taro@example.com")
	f.Add("\xff\xfe\x00aaaaaaaaaaaaaaaaaaaaaaaaaaa", "")
	f.Add(strings.Repeat("a", 127)+"紫", "あ")
	f.Fuzz(func(t *testing.T, password, hint string) {
		if err := auth.CheckPassword(password, hint); err != nil && !errors.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}

func BenchmarkCheckPassword(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = auth.CheckPassword("violet kettle maps river sunday", "taro.yamada@clinic.example", "Sakura Clinic")
	}
}

func BenchmarkCheckPasswordHostile(b *testing.B) {
	password := strings.Repeat("a", 1024)
	for b.Loop() {
		_ = auth.CheckPassword(password, "taro.yamada@clinic.example", "Sakura Clinic")
	}
}
