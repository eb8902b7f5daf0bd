package portal

import (
	"context"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Acknowledge notes how far messages of reps have come, as the customer's page says.
func (p *Portal) Acknowledge(ctx context.Context, v store.Visit, seq []uint64, how wirepb.ChatArrival) error {
	switch {
	case !p.acknowledgings.Allow(v.Session.String(), p.conf.Now()):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "wait a moment")
	case len(seq) > desk.MaxReceipt:
		return &account.FieldError{Field: "seq", Detail: "too many at once"}
	case !desk.Arrives(how):
		return &account.FieldError{Field: "arrival", Detail: "delivered or shown"}
	}
	return p.conf.Desk.ArrivedAtVisitor(ctx, v.Session, seq, how)
}

// Types tells reps that the customer writes, or does not any more.
func (p *Portal) Types(v store.Visit, typing bool) error {
	if !p.typings.Allow(v.Session.String(), p.conf.Now()) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "this is said too often")
	}
	return p.conf.Desk.VisitorTypes(v.Session, typing)
}
