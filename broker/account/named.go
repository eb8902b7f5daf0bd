package account

import (
	"context"
	"errors"
	"strings"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Named is the holder of an account by its name or id, without a sign-in: for
// questions about what somebody may do. A disabled account may do nothing.
func (v *Service) Named(ctx context.Context, name string) (Principal, error) {
	a, err := v.store.AccountByName(ctx, strings.ToLower(strings.TrimSpace(name)))
	if errors.Is(err, store.ErrNotFound) {
		a, err = v.store.Account(ctx, name)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Principal{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such rep")
	case err != nil:
		return Principal{}, err
	case !a.DisabledAt.IsZero():
		return Principal{ID: a.ID, Name: a.Name, DisplayName: a.DisplayName}, nil
	}
	return principal(a), nil
}
