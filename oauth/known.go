package oauth

import (
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// knownRefreshToken is what is remembered of a refresh token under a live grant that
// has not been rotated. Its texts are one piece of memory: there may be very many, and
// the garbage collector looks at each piece.
type knownRefreshToken struct {
	texts               string
	ends                [6]uint32 // of each text
	issuedAt, createdAt int64     // Unix milliseconds, as the database has them
	scopes              auth.Scopes
}

func remember(r RefreshToken) (known knownRefreshToken) {
	var all strings.Builder
	for i, text := range []string{r.Hint, r.Grant.ID, r.Grant.OrganizationID, r.Grant.AccountID, r.Grant.ClientID, r.Grant.Scope} {
		all.WriteString(text)
		known.ends[i] = uint32(all.Len()) //nolint:gosec // a scope has some hundred bytes
	}
	known.texts = all.String()
	known.issuedAt, known.createdAt = r.IssuedAt.UnixMilli(), r.Grant.CreatedAt.UnixMilli()
	known.scopes = r.Grant.Scopes
	return known
}

func (k *knownRefreshToken) refreshToken(h auth.Hash) RefreshToken {
	return RefreshToken{
		Hash: h, Hint: k.text(0), IssuedAt: time.UnixMilli(k.issuedAt),
		Grant: Grant{
			ID: k.text(1), OrganizationID: k.text(2), AccountID: k.text(3), ClientID: k.text(4), Scope: k.text(5),
			Scopes: k.scopes, CreatedAt: time.UnixMilli(k.createdAt),
		},
	}
}

func (k *knownRefreshToken) text(i int) string {
	if i == 0 {
		return k.texts[:k.ends[0]]
	}
	return k.texts[k.ends[i-1]:k.ends[i]]
}
