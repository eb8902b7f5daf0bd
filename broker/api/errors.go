package api

import (
	"context"
	"errors"
	"log/slog"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Error turns any error into one of the API: with a Connect code for HTTP and
// an ErrorDetail that says exactly what is wrong. What is nobody's business
// outside is logged and told as "internal".
func Error(ctx context.Context, log *slog.Logger, err error) *connect.Error {
	d := &apipb.ErrorDetail{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL, Detail: "something went wrong in the broker"}
	var known *connect.Error
	var ce *wire.CodeError
	var fe *account.FieldError
	switch {
	case errors.As(err, &known) && len(known.Details()) > 0:
		return known
	case errors.As(err, &known):
		d.Code, d.Detail = wirepb.ErrorCode_ERROR_CODE_MALFORMED, known.Message()
		return with(connect.NewError(known.Code(), errors.New(known.Message())), d)
	case errors.As(err, &ce):
		d.Code, d.Detail = ce.Code, ce.Detail
	case errors.As(err, &fe):
		d.Code, d.Field, d.Detail = wirepb.ErrorCode_ERROR_CODE_MALFORMED, fe.Field, fe.Detail
	case errors.Is(err, audit.ErrUnavailable):
		log.ErrorContext(ctx, "audit log unavailable", "error", err)
		d.Code, d.Detail = wirepb.ErrorCode_ERROR_CODE_BUSY, "nothing can be recorded now, so nothing is done"
	case errors.Is(err, store.ErrExists):
		d.Code, d.Field, d.Detail = wirepb.ErrorCode_ERROR_CODE_MALFORMED, "name", "it is taken"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		d.Code, d.Detail = wirepb.ErrorCode_ERROR_CODE_CANCELLED, "the call was given up"
	default:
		log.ErrorContext(ctx, "call failed", "error", err)
	}
	text := wire.CodeName(d.Code)
	if d.Detail != "" {
		text += ": " + d.Detail
	}
	return with(connect.NewError(statusOf(d.Code), errors.New(text)), d)
}

func with(e *connect.Error, d *apipb.ErrorDetail) *connect.Error {
	if detail, err := connect.NewErrorDetail(d); err == nil {
		e.AddDetail(detail)
	}
	return e
}

func statusOf(c wirepb.ErrorCode) connect.Code {
	switch c {
	case wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, wirepb.ErrorCode_ERROR_CODE_SIGN_IN_FAILED:
		return connect.CodeUnauthenticated
	case wirepb.ErrorCode_ERROR_CODE_FORBIDDEN, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT:
		return connect.CodePermissionDenied
	case wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN:
		return connect.CodeNotFound
	case wirepb.ErrorCode_ERROR_CODE_MALFORMED:
		return connect.CodeInvalidArgument
	case wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID, wirepb.ErrorCode_ERROR_CODE_CLIENT_UNAVAILABLE:
		return connect.CodeNotFound
	case wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, wirepb.ErrorCode_ERROR_CODE_VIEWER_TOO_SLOW:
		return connect.CodeResourceExhausted
	case wirepb.ErrorCode_ERROR_CODE_BUSY, wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN:
		return connect.CodeUnavailable
	case wirepb.ErrorCode_ERROR_CODE_CANCELLED:
		return connect.CodeCanceled
	case wirepb.ErrorCode_ERROR_CODE_INTERNAL:
		return connect.CodeInternal
	default:
		return connect.CodeFailedPrecondition
	}
}

// typed is the interceptor that makes every error an Error.
type typed struct{ log *slog.Logger }

func (t typed) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
		a, err := next(ctx, r)
		if err != nil {
			return nil, Error(ctx, t.log, err)
		}
		return a, nil
	}
}

func (t typed) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (t typed) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, c connect.StreamingHandlerConn) error {
		if err := next(ctx, c); err != nil {
			return Error(ctx, t.log, err)
		}
		return nil
	}
}
