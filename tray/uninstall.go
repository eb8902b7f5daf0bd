package tray

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// Uninstall removes what the tray keeps in the user's folders: the icon on the
// desktop and the Support Buttons, where they are ours, and the remembered contact.
func Uninstall(o Options) error {
	icon := shortcut{folder: o.Desktop}
	laid := buttons{desktop: o.Desktop, data: o.Data}
	if err := errors.Join(icon.set(shortcutWish{}), laid.lay(&ipcpb.ButtonLayout{})); err != nil {
		return err
	}
	if o.Config == "" {
		return nil
	}
	if err := os.Remove(filepath.Join(o.Config, contactFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove contact: %w", err)
	}
	_ = os.Remove(o.Config) // where nothing else is in it
	return nil
}
