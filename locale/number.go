package locale

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Number writes n with a comma after every three digits, as both languages do.
func Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// shown are the params as the language writes them.
func shown(l Language, params map[string]any) map[string]any {
	out := make(map[string]any, len(params))
	for k, v := range params {
		out[k] = show(l, v)
	}
	return out
}

func show(l Language, v any) any {
	switch v := v.(type) {
	case string:
		return v
	case time.Time:
		return DateTime(l, v, v.Location())
	case time.Duration:
		return Duration(l, v)
	case []string:
		return strings.Join(v, Text(l, "list.separator", nil))
	}
	if n, ok := integer(v); ok {
		return Number(n)
	}
	return v
}

// integer reads every signed integer, named types too, save those that write
// themselves: a time.Duration or an enumeration is not a number to a reader.
func integer(v any) (int64, bool) {
	if _, ok := v.(interface{ String() string }); ok {
		return 0, false
	}
	r := reflect.ValueOf(v)
	if !r.IsValid() || !r.CanInt() {
		return 0, false
	}
	return r.Int(), true
}
