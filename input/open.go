package input

import (
	"context"
	"errors"
	"fmt"
)

// Backends lists the backends of this system, best first.
func Backends() []Backend { return append(backends(), optional()...) }

// Open opens the best backend that works, or the one that o names. The error
// joins those of all backends tried; one that decides ends the search.
func Open(ctx context.Context, o Options) (Injector, error) {
	return open(ctx, o, Backends())
}

func open(ctx context.Context, o Options, list []Backend) (Injector, error) {
	err := fmt.Errorf("%w: no backend", ErrUnsupported)
	if o.Backend != "" {
		err = fmt.Errorf("%w: no backend %q", ErrUnsupported, o.Backend)
	}
	var tried []error
	for _, b := range list {
		if o.Backend != "" && o.Backend != b.Name {
			continue
		}
		in, e := b.Open(ctx, o)
		if e == nil {
			o.Log.Debug("input opened", "backend", b.Name)
			return in, nil
		}
		tried = append(tried, fmt.Errorf("%s: %w", b.Name, e))
		if ctx.Err() != nil || Decides(e) {
			break
		}
	}
	if len(tried) > 0 {
		err = errors.Join(tried...)
	}
	return nil, fmt.Errorf("open input: %w", err)
}

// Decides reports whether an error of one backend is the answer for all: a worse one must
// not go around a No, nor be used while the person is asked.
func Decides(err error) bool { return errors.Is(err, ErrDenied) || errors.Is(err, ErrAsking) }
