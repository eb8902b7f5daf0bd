package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Prefixes of what is signed about Jump Clients.
const (
	pinDomain    = "alongside pin v1"
	pinnedDomain = "alongside pinned v1"
	unpinDomain  = "alongside unpin v1"
)

// Errors of the orders: refuse, never retry.
var (
	ErrOrderContent = errors.New("order has no sense") // a field is missing, too long or unknown
	ErrOrderDevice  = errors.New("order is for another device")
	ErrOrderTime    = errors.New("order is not valid now")
	ErrPinForged    = errors.New("receipt does not answer this order")
)

// SignPin serialises o and signs it with the broker's grant key.
func SignPin(key ed25519.PrivateKey, o *wirepb.PinOrder) (order, sig []byte, err error) {
	if err := checkPin(o); err != nil {
		return nil, nil, err
	}
	return sign(key, pinDomain, o)
}

// VerifyPin checks that order was signed by key for this device and may be put to
// the person now, in the broker's time. Single use of the jti, and that the session
// is active, are for the caller.
func VerifyPin(key ed25519.PublicKey, device [sha256.Size]byte, order, sig []byte, now time.Time) (*wirepb.PinOrder, error) {
	o := new(wirepb.PinOrder)
	if err := verify(key, pinDomain, order, sig, o); err != nil {
		return nil, fmt.Errorf("pin: %w", err)
	}
	if err := checkPin(o); err != nil {
		return nil, err
	}
	start, end := time.UnixMilli(o.NotBeforeUnixMs), time.UnixMilli(o.AnswerBeforeUnixMs)
	switch {
	case [sha256.Size]byte(o.DeviceSpki) != device:
		return nil, ErrOrderDevice
	case now.Before(start.Add(-GrantSkew)), now.After(end.Add(GrantSkew)):
		return nil, ErrOrderTime
	}
	return o, nil
}

func checkPin(o *wirepb.PinOrder) error {
	what := ""
	switch {
	case len(o.DeviceSpki) != sha256.Size:
		what = "device"
	case len(o.Jti) != SessionIDSize:
		what = "jti"
	case len(o.Session) != SessionIDSize:
		what = "session"
	case o.Client == "" || len(o.Client) > MaxName:
		what = "id"
	case o.Name == "" || len(o.Name) > MaxName || len(o.Place) > MaxName || o.RepName == "" || len(o.RepName) > MaxName || len(o.Organisation) > MaxName:
		what = "names"
	case o.Mode != wirepb.JumpMode_JUMP_MODE_USER && o.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE:
		what = "mode"
	case o.AnswerBeforeUnixMs < o.NotBeforeUnixMs || o.AnswerBeforeUnixMs-o.NotBeforeUnixMs > MaxGrantWindow.Milliseconds():
		what = "window"
	case o.ConsentTimeoutS == 0:
		what = "consent timeout"
	case o.ExpiresUnixMs < 0:
		what = "expiry"
	case o.Lock != nil && CheckLock(o.Lock) != nil:
		what = "lock"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrOrderContent, what)
}

// PinnedMessage serialises the answer to an order, whose hash it sets, and returns
// beside it what the device key signs.
func PinnedMessage(order []byte, r *wirepb.PinReceipt) (receipt, message []byte, err error) {
	h := sha256.Sum256(order)
	r.OrderHash = h[:]
	receipt, err = proto.MarshalOptions{Deterministic: true}.Marshal(r)
	if err != nil {
		return nil, nil, fmt.Errorf("encode receipt: %w", err)
	}
	return receipt, signed(pinnedDomain, receipt), nil
}

// VerifyPinned checks that receipt was signed by the device key and answers exactly
// this order.
func VerifyPinned(key ed25519.PublicKey, order, receipt, sig []byte) (*wirepb.PinReceipt, error) {
	r := new(wirepb.PinReceipt)
	if err := verify(key, pinnedDomain, receipt, sig, r); err != nil {
		return nil, fmt.Errorf("pin receipt: %w", err)
	}
	if h := sha256.Sum256(order); string(h[:]) != string(r.OrderHash) {
		return nil, ErrPinForged
	}
	return r, nil
}

// SignUnpin serialises o and signs it with the broker's grant key.
func SignUnpin(key ed25519.PrivateKey, o *wirepb.UnpinOrder) (order, sig []byte, err error) {
	if err := checkUnpin(o); err != nil {
		return nil, nil, err
	}
	return sign(key, unpinDomain, o)
}

// VerifyUnpin checks that order was signed by key for this device. It may come
// again, and late: a Jump Client's id is never used twice.
func VerifyUnpin(key ed25519.PublicKey, device [sha256.Size]byte, order, sig []byte) (*wirepb.UnpinOrder, error) {
	o := new(wirepb.UnpinOrder)
	if err := verify(key, unpinDomain, order, sig, o); err != nil {
		return nil, fmt.Errorf("unpin: %w", err)
	}
	if err := checkUnpin(o); err != nil {
		return nil, err
	}
	if [sha256.Size]byte(o.DeviceSpki) != device {
		return nil, ErrOrderDevice
	}
	return o, nil
}

func checkUnpin(o *wirepb.UnpinOrder) error {
	switch {
	case len(o.DeviceSpki) != sha256.Size:
		return fmt.Errorf("%w: device", ErrOrderContent)
	case o.Client == "" || len(o.Client) > MaxName:
		return fmt.Errorf("%w: id", ErrOrderContent)
	default:
		return nil
	}
}
