package capture

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Backends lists the ways of capturing on this system, best first.
func Backends() []Backend { return backends() }

// Open tries the backends in their order and returns the first source that
// works, or with Options.Backend that one alone. The error joins those of all
// that were tried, each an *Error with the name of its backend; one that decides
// ends the search, and comes first.
func Open(ctx context.Context, o Options) (Source, error) { return open(ctx, o, backends()) }

func open(ctx context.Context, o Options, all []Backend) (Source, error) {
	var errs []error
	tried := false
	for _, b := range all {
		if o.Backend != "" && o.Backend != b.Name {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, errors.Join(append(errs, err)...)
		}
		tried = true
		s, err := b.Open(ctx, o)
		if err == nil {
			o.Log.Debug("capture opened", "backend", b.Name)
			return s, nil
		}
		errs = append(errs, named(b.Name, err))
		if Decides(err) {
			slices.Reverse(errs)
			break
		}
	}
	if !tried {
		return nil, &Error{Backend: o.Backend, Reason: ReasonUnsupported, Err: fmt.Errorf("%w: no such backend on this system", ErrUnsupported)}
	}
	return nil, errors.Join(errs...)
}

// Decides reports whether an error of one backend is the answer for all: a worse one
// would be denied, too, and must not be used while the person is asked.
func Decides(err error) bool { return errors.Is(err, ErrDenied) || errors.Is(err, ErrAsking) }

// named makes sure that an error of a backend says whose it is.
func named(backend string, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Backend: backend, Reason: ReasonUnsupported, Err: err}
}
