package installer

import (
	"fmt"

	"github.com/alongside-remote/alongside/internal/desktopentry"
)

// autostart is an entry of the Desktop Application Autostart Specification.
func autostart(args []string) []byte {
	return fmt.Appendf(nil, "[Desktop Entry]\nType=Application\nVersion=1.5\nName=Alongside\nComment=Remote support\nExec=%s\nTerminal=false\nNoDisplay=true\n",
		desktopentry.Exec(args))
}
