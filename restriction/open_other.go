//go:build !linux

package restriction

import "context"

func open(context.Context, Options) (Desktop, error) { return nil, ErrUnsupported }
