package agent

import (
	"context"
	"fmt"
	"io"

	"github.com/alongside-remote/alongside/elevation"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc"
)

// Launcher starts roles as processes of the session's user. Their logs go to
// output; options are added to the role ("--log-level=debug").
func Launcher(output io.Writer, options ...string) Starter {
	return func(ctx context.Context, r Role, s terminal.Session) (Child, error) {
		ours, theirs, err := ipc.Pipes()
		if err != nil {
			return nil, err
		}
		p, err := elevation.Launch(context.WithoutCancel(ctx), elevation.Spec{
			Session: s, Args: append([]string{string(r)}, options...), Files: theirs[:], Output: output,
		})
		for _, f := range theirs {
			_ = f.Close()
		}
		if err != nil {
			_ = ours.Close()
			return nil, fmt.Errorf("launch: %w", err)
		}
		return &process{Process: p, conn: ours}, nil
	}
}

type process struct {
	*elevation.Process
	conn *ipc.Conn
}

func (p *process) Conn() *ipc.Conn { return p.conn }
