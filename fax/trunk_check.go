package fax

import (
	"context"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// CheckAge is how long the test of a trunk may take.
const CheckAge = 45 * time.Second

// Check tests one of the organization's trunks, which its id or its name finds, step by
// step. text is a number to call as people write it, or empty: no call is made. Where this
// server cannot speak SIP at all it is fault.Unavailable "trunk_closed".
func (x *Trunks) Check(ctx context.Context, by Actor, board TrunkBoard, idOrName, text string) ([]TrunkCheck, error) {
	t, err := x.Trunk(ctx, by, idOrName)
	if err != nil {
		return nil, err
	}
	call, err := checkedNumber(text, by.Country)
	if err != nil {
		return nil, err
	}
	if board == nil {
		return nil, fault.New(fault.Unavailable, "trunk_no_line")
	}
	if t, err = x.Opened(t); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, CheckAge)
	defer cancel()
	steps, err := board.Check(ctx, t, call)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "trunk_closed", "reason", err.Error()).Because(err)
	}
	return steps, nil
}

// checkedNumber is the number that a test calls: one outside this server, without an
// extension, which nobody would dial. Empty: none.
func checkedNumber(text, country string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	number, err := ParseNumber(text, country)
	if err == nil && !isOutside(number) {
		err = invalidNumber(text)
	}
	if err != nil {
		return "", fault.Of(err).At("call")
	}
	return number, nil
}
