package tray

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Uninstall removes what the tray keeps in the user's folders: the icon on the
// desktop, where it is ours, and the remembered contact.
func Uninstall(o Options) error {
	icon := shortcut{folder: o.Desktop}
	if err := icon.set(shortcutWish{}); err != nil {
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
