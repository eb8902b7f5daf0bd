package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// forget revokes the device of a link, at its own wish. Who was revoked before has
// what they wish.
func (f *Fleet) forget(ctx context.Context, l transport.Link, m *wirepb.Forget) error {
	if err := transport.VerifyForget(l, m.Proof); err != nil {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "")
	}
	d, err := f.conf.Store.DeviceByPin(ctx, pinOf(l))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, "")
	case err != nil:
		return fmt.Errorf("find device: %w", err)
	case !d.RevokedAt.IsZero():
		return nil
	}
	err = Revoke(ctx, f.conf.Store, f.conf.Audit, "device:"+d.ID, d.Hostname, d.ID, f.conf.Now())
	if errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED}) {
		return nil // twice at once
	}
	if err != nil {
		return err
	}
	f.Cut(d.ID)
	f.conf.Hub.Publish(live.Change{Device: d.ID})
	return nil
}
