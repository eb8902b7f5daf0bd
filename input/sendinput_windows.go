package input

import (
	"context"
)

func openSendInput(context.Context, Options) (Injector, error) { return nil, ErrUnsupported }
