package auth

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
	"unique"
)

// What the bearer check remembers has as few pointers as can be: the garbage
// collector looks at all of it many times a second, whatever the calls are for.

// knownToken is what the check remembers of a live token. It has no pointers at all.
type knownToken struct {
	id, grantID, accountID, organizationID packedID
	clientID                               packedClientID
	createdAt, expiresAt                   int64 // Unix milliseconds; 0: none
	scopes                                 Scopes
	clientHeader                           bool
}

// remember packs a token. One whose ids are not ours, and one that is not plain,
// cannot be.
func remember(t Token) (k knownToken, ok bool) {
	if t.plain() != nil { // the rest of them would not be kept
		return k, false
	}
	for _, id := range []struct {
		packed *packedID
		text   string
	}{{&k.id, t.ID}, {&k.grantID, t.GrantID}, {&k.accountID, t.AccountID}, {&k.organizationID, t.OrganizationID}} {
		if *id.packed, ok = packID(id.text); !ok {
			return k, false
		}
	}
	k.clientID, ok = packClientID(t.ClientID)
	k.createdAt, k.expiresAt = millis(t.CreatedAt), millis(t.ExpiresAt)
	k.scopes, k.clientHeader = t.Scopes, t.ClientHeader
	return k, ok
}

// token is the remembered part of a token. Its texts are one allocation.
func (k *knownToken) token(h Hash) Token {
	room := make([]byte, 0, 5*hex.EncodedLen(len(packedID{})))
	for _, id := range []*packedID{&k.id, &k.accountID, &k.organizationID, &k.grantID} {
		room = id.append(room)
	}
	all := string(append(room, k.clientID.text()...))
	next := func(id *packedID) (text string) {
		text, all = all[:id.length()], all[id.length():]
		return text
	}
	return Token{
		Hash: h, ID: next(&k.id), AccountID: next(&k.accountID), OrganizationID: next(&k.organizationID),
		GrantID: next(&k.grantID), ClientID: all,
		CreatedAt: fromMillis(k.createdAt), ExpiresAt: fromMillis(k.expiresAt), Scopes: k.scopes, ClientHeader: k.clientHeader,
	}
}

// packedID is what NewID makes, as bytes. The zero value is no id.
type packedID [16]byte

func packID(text string) (p packedID, ok bool) {
	if text == "" {
		return p, true
	}
	if len(text) != hex.EncodedLen(len(p)) {
		return p, false
	}
	for i := range p {
		high, low := hexDigit(text[2*i]), hexDigit(text[2*i+1])
		if high > 15 || low > 15 {
			return packedID{}, false
		}
		p[i] = high<<4 | low
	}
	return p, p != packedID{}
}

// hexDigit is the value of a digit as NewID writes it. Anything else is over 15.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// length is that of the id as text.
func (p *packedID) length() int {
	if *p == (packedID{}) {
		return 0
	}
	return hex.EncodedLen(len(p))
}

func (p *packedID) append(b []byte) []byte {
	if p.length() == 0 {
		return b
	}
	return hex.AppendEncode(b, p[:])
}

// packedClientID is a client id, filled up with zeros. The zero value is none.
type packedClientID [len(clientIDPrefix) + clientIDDigits]byte

func packClientID(text string) (p packedClientID, ok bool) {
	if text == "" {
		return p, true
	}
	if len(text) != len(p) || text[0] == 0 {
		return p, false
	}
	copy(p[:], text)
	return p, true
}

func (p *packedClientID) text() []byte {
	if p[0] == 0 {
		return nil
	}
	return p[:]
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// holder is an account with its organization, as the check remembers it. Nobody
// changes one: a change makes another.
type holder struct {
	texts                                    string // all of the account's, one after the other
	ends                                     [14]uint32
	passwordChangedAt, createdAt, lastSeenAt int64 // Unix milliseconds; 0: none
	quota                                    int
	preferences                              *Preferences
	organization                             unique.Handle[Organization] // that of many accounts is there once
	self                                     Memo
}

// defaultPreferences are those of most accounts, which share them.
var defaultPreferences = DefaultPreferences()

func newHolder(a Account, o Organization) *holder {
	h := &holder{
		passwordChangedAt: millis(a.PasswordChangedAt), createdAt: millis(a.CreatedAt), lastSeenAt: millis(a.LastSeenAt),
		quota: a.MemberDetail.Quota, preferences: &defaultPreferences, organization: unique.Make(o),
	}
	if !reflect.DeepEqual(a.Preferences, defaultPreferences) {
		h.preferences = &a.Preferences
	}
	var all strings.Builder
	for i, text := range a.texts() {
		all.WriteString(*text)
		h.ends[i] = uint32(all.Len()) //nolint:gosec // each text is bounded by its rule
	}
	h.texts = all.String()
	return h
}

// account is what the holder was made of. Its texts and lists are everybody's: they are
// read and not changed.
func (h *holder) account() (a Account) {
	start := uint32(0)
	for i, text := range a.texts() {
		*text = h.texts[start:h.ends[i]]
		start = h.ends[i]
	}
	a.PasswordChangedAt, a.CreatedAt, a.LastSeenAt = fromMillis(h.passwordChangedAt), fromMillis(h.createdAt), fromMillis(h.lastSeenAt)
	a.MemberDetail.Quota, a.Preferences = h.quota, *h.preferences
	return a
}

// texts are the account's own; its preferences have more.
func (a *Account) texts() [14]*string {
	return [...]*string{
		&a.ID, &a.OrganizationID, &a.Email, (*string)(&a.Role), (*string)(&a.Status), &a.ManagerID, &a.PasswordHash,
		&a.Name, &a.LastName, &a.Phone, &a.ProfileImage, &a.Language, &a.TimeZone, &a.MemberDetail.Role,
	}
}

// Memo has room for one answer that is made of a caller's account and organization.
// The callers of one reading of them share it, and it is forgotten with the reading.
// A nil Memo remembers nothing.
type Memo struct {
	asked  atomic.Bool
	answer atomic.Pointer[[]byte]
}

// Answer is what is kept, which nobody may change, or nil.
func (m *Memo) Answer() []byte {
	if m == nil {
		return nil
	}
	if kept := m.answer.Load(); kept != nil {
		return *kept
	}
	return nil
}

// Keep keeps a copy of the answer when it was made for the second time: most callers
// come once.
func (m *Memo) Keep(answer []byte) {
	if m == nil || !m.asked.Swap(true) {
		return
	}
	kept := bytes.Clone(answer)
	m.answer.Store(&kept)
}
