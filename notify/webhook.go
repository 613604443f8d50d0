package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/seal"
)

// Hook is a webhook: whoever stands behind Target hears of the faxes of one account.
type Hook struct {
	ID             string
	OrganizationID string
	AccountID      string
	Target         string // http or https
	Event          EventKind
	Numbers        []string // of the account, E.164: events of these alone; empty: of all
	Secret         []byte   // signs what is posted; under the master key
	CreatedAt      time.Time
	FailingSince   time.Time // the first failure after the last success; zero: none
	TriedAt        time.Time // the last attempt; zero: there was none
	DisabledAt     time.Time // zero: it is not
	DisabledReason string    // how the last attempt ended; empty: it is not disabled

	// What is known of its account.
	Email     string
	Language  string // of mails to the account
	Suspended bool   // the account is disabled, or its plan has no API access
}

// Live reports whether events are delivered to the hook.
func (h Hook) Live() bool { return h.DisabledAt.IsZero() && !h.Suspended }

// Wants reports whether the hook is to hear of the event. Disabled ones want it too:
// it can be replayed to them later.
func (h Hook) Wants(e Event) bool {
	return h.Event == e.Kind && h.OrganizationID == e.OrganizationID && h.AccountID == e.Fax.AccountID &&
		(len(h.Numbers) == 0 || slices.Contains(h.Numbers, e.ownNumber()))
}

// Host is the host of the target in small letters, with its port if it has one.
func (h Hook) Host() string {
	u, err := url.Parse(h.Target)
	if err != nil {
		return "" // checkTarget lets none pass
	}
	return strings.ToLower(u.Host)
}

// Owner says whose hooks are meant.
type Owner struct {
	OrganizationID string
	AccountID      string // empty: those of everybody in the organization
}

// Actor is who changes a hook, for the audit record. It has the fields of auth.Actor,
// so that one converts into the other.
type Actor struct {
	AccountID string
	Name      string
	Address   string
	TokenID   string
	ClientID  string
}

// Audit is a record of a change to a hook; the organization is the hook's own.
type Audit struct {
	ID     string
	At     time.Time
	Actor  Actor
	Action string // hook.create, hook.delete, …
	Detail string // a few words; never the whole target, which may hold a secret
}

// HookStore is what the rules of hooks need of the database. An owner without such a
// hook gets fault.NotFound "hook_unknown".
type HookStore interface {
	// PutHook stores a new hook, unless the account has most of them already: then
	// fault.Conflict "hooks_too_many". An account that is not active, or of another
	// organization, is fault.NotFound "account_unknown".
	PutHook(ctx context.Context, h Hook, most int, a Audit) error
	// Hooks lists an owner's hooks, the oldest first. No event: all of them.
	Hooks(ctx context.Context, o Owner, event EventKind) ([]Hook, error)
	// HookByID finds one of the owner's hooks.
	HookByID(ctx context.Context, o Owner, id string) (Hook, error)
	// EnableHook makes a hook live again.
	EnableHook(ctx context.Context, o Owner, id string, a Audit) error
	// DeleteHook removes a hook with its deliveries and their attempts.
	DeleteHook(ctx context.Context, o Owner, id string, a Audit) error
	// HookDeliveries lists at most limit deliveries of a hook with their attempts,
	// the newest first.
	HookDeliveries(ctx context.Context, hookID string, limit int) ([]HookDelivery, error)
	// ReplayHookDeliveries makes deliveries of a hook pending again, except those that
	// are under a lease at that time, and gives their number. A hook that is disabled
	// by then is fault.Conflict "hook_disabled".
	ReplayHookDeliveries(ctx context.Context, hookID string, r Replay, a Audit) (int, error)
}

const (
	// maxHooks is the number of hooks that an account may have.
	maxHooks = 50
	// maxHookNumbers is the number of telephone numbers that a hook may be limited to.
	maxHookNumbers = 100

	secretPrefix  = "whsec_"
	secretBytes   = 32 // Standard Webhooks: 24 to 64
	secretPurpose = "webhook secret"
)

// Hooks are the rules of webhooks. All fields but AllowPrivate are required.
type Hooks struct {
	Store HookStore
	Key   *seal.Key
	// AllowPrivate permits targets inside the network, by address. The courier asks
	// the same once more when it dials.
	AllowPrivate bool
	Now          func() time.Time
	NewID        func() string
}

// NewHook is what somebody says of a new hook.
type NewHook struct {
	Target  string
	Event   EventKind
	Numbers []string // nil: all of the account's; an empty list is a mistake
}

// Create makes a hook of the account. The secret is returned here and never again. It
// may fail with fault.Invalid "hook_event", "hook_target", "hook_target_private" and
// "hook_numbers", with the field named, and as HookStore.PutHook does.
func (x *Hooks) Create(ctx context.Context, o Owner, by Actor, in NewHook) (h Hook, secret string, err error) {
	if !slices.Contains(EventKinds(), in.Event) {
		return Hook{}, "", unknownEvent()
	}
	if err := checkTarget(in.Target, x.AllowPrivate); err != nil {
		return Hook{}, "", err
	}
	if err := checkNumbers(in.Numbers); err != nil {
		return Hook{}, "", err
	}
	secret = newHookSecret()
	h = Hook{
		ID: x.NewID(), OrganizationID: o.OrganizationID, AccountID: o.AccountID, Target: in.Target, Event: in.Event,
		Numbers: in.Numbers, Secret: x.Key.Seal(secretPurpose, []byte(secret)), CreatedAt: x.Now(),
	}
	if err := x.Store.PutHook(ctx, h, maxHooks, x.audit(by, "hook.create", h)); err != nil {
		return Hook{}, "", err
	}
	return h, secret, nil
}

func unknownEvent() error {
	return fault.New(fault.Invalid, "hook_event", "events", eventNames()).At("event")
}

// List gives the owner's hooks of one event, the oldest first; without an event, all
// of them.
func (x *Hooks) List(ctx context.Context, o Owner, event EventKind) ([]Hook, error) {
	if event != "" && !slices.Contains(EventKinds(), event) {
		return nil, unknownEvent()
	}
	return x.Store.Hooks(ctx, o, event)
}

// Hook finds one of the owner's hooks, or fault.NotFound "hook_unknown".
func (x *Hooks) Hook(ctx context.Context, o Owner, id string) (Hook, error) {
	return x.Store.HookByID(ctx, o, id)
}

// Enable makes a disabled hook live again. What happened in between is not sent: that
// takes a replay.
func (x *Hooks) Enable(ctx context.Context, o Owner, by Actor, id string) (Hook, error) {
	h, err := x.Store.HookByID(ctx, o, id)
	if err != nil {
		return Hook{}, err
	}
	h.FailingSince, h.TriedAt, h.DisabledAt, h.DisabledReason = time.Time{}, time.Time{}, time.Time{}, ""
	return h, x.Store.EnableHook(ctx, o, id, x.audit(by, "hook.enable", h))
}

// Delete removes a hook and gives what it was. What waits to be delivered to it is
// dropped.
func (x *Hooks) Delete(ctx context.Context, o Owner, by Actor, id string) (Hook, error) {
	h, err := x.Store.HookByID(ctx, o, id)
	if err != nil {
		return Hook{}, err
	}
	return h, x.Store.DeleteHook(ctx, o, id, x.audit(by, "hook.delete", h))
}

// Deliveries gives the latest deliveries of one of the owner's hooks with their
// attempts, the newest first.
func (x *Hooks) Deliveries(ctx context.Context, o Owner, id string, limit int) ([]HookDelivery, error) {
	if _, err := x.Store.HookByID(ctx, o, id); err != nil {
		return nil, err
	}
	return x.Store.HookDeliveries(ctx, id, limit)
}

// Replay says which deliveries of a hook are to be made once more.
type Replay struct {
	DeliveryID string    // one of them; empty: several
	Since      time.Time // those of events from that time on
	Failed     bool      // those alone that never got through
}

// Replay posts events once more, with the same webhook-id, and gives their number. A
// single delivery that there is not, or that is on its way, is fault.NotFound
// "hook_delivery_unknown". A hook that is disabled is fault.Conflict "hook_disabled".
func (x *Hooks) Replay(ctx context.Context, o Owner, by Actor, id string, r Replay) (int, error) {
	h, err := x.Store.HookByID(ctx, o, id)
	if err != nil {
		return 0, err
	}
	n, err := x.Store.ReplayHookDeliveries(ctx, id, r, x.audit(by, "hook.replay", h))
	if err == nil && n == 0 && r.DeliveryID != "" {
		err = fault.New(fault.NotFound, "hook_delivery_unknown")
	}
	return n, err
}

func (x *Hooks) audit(by Actor, action string, h Hook) Audit {
	return Audit{ID: x.NewID(), At: x.Now(), Actor: by, Action: action, Detail: fmt.Sprintf("%s to %s", h.Event, h.Host())}
}

func newHookSecret() string {
	var random [secretBytes]byte
	rand.Read(random[:]) // never fails (crypto/rand since Go 1.24)
	return secretPrefix + base64.StdEncoding.EncodeToString(random[:])
}
