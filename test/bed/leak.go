//go:build linux

package bed

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// Traces are what a session could leave at an endpoint.
type Traces struct {
	Roles   []string // of the agent's processes
	Sockets int      // of the agent's processes
	Windows []string // titles of our own
	Files   []string // in the agent's folder and in the desktop's home
	Down    []int    // key codes and buttons that are held
	Keys    string   // the keyboard map
}

// Traces looks what there is now.
func (a *Agent) Traces() (Traces, error) {
	var t Traces
	pids := a.Tree()
	for _, pid := range pids {
		argv, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if args := bytes.Split(argv, []byte{0}); err == nil && len(args) > 1 {
			t.Roles = append(t.Roles, filepath.Base(string(args[0]))+" "+string(args[1]))
		}
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, l := range links {
			if target, err := os.Readlink(l); err == nil && strings.HasPrefix(target, "socket:[") {
				t.Sockets++
			}
		}
	}
	slices.Sort(t.Roles)
	for _, title := range []string{ConsentTitle, FormTitle, BannerTitle} {
		if a.Desktop.HasWindow(title) {
			t.Windows = append(t.Windows, title)
		}
	}
	var err error
	if t.Files, err = a.files(); err != nil {
		return t, err
	}
	t.Down, t.Keys, err = a.Desktop.keyboard()
	return t, err
}

// files are those in the agent's own folder and in the home of its desktop.
func (a *Agent) files() ([]string, error) {
	var found []string
	for _, dir := range []string{a.State, a.Desktop.Dir} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil && os.IsNotExist(err):
				return nil
			case err != nil:
				return err
			case e.IsDir() && (e.Name() == "cache" || e.Name() == "xfce4"):
				return filepath.SkipDir
			case !e.IsDir():
				found = append(found, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(found)
	return found, nil
}

// keyboard is which keys and buttons are down, and the map.
func (d *Desktop) keyboard() ([]int, string, error) {
	c, err := x11.Open(context.Background(), x11.Target{Display: d.Display, Authority: d.auth})
	if err != nil {
		return nil, "", err
	}
	defer c.Close()
	down, err := xproto.QueryKeymap(c.Conn).Reply()
	if err != nil {
		return nil, "", err
	}
	var held []int
	for i := range 256 {
		if down.Keys[i/8]&(1<<(i%8)) != 0 {
			held = append(held, i)
		}
	}
	p, err := xproto.QueryPointer(c.Conn, c.Root).Reply()
	if err != nil {
		return nil, "", err
	}
	if p.Mask != 0 {
		held = append(held, 1000+int(p.Mask))
	}
	const first, last = 8, 255
	m, err := xproto.GetKeyboardMapping(c.Conn, first, last-first+1).Reply()
	if err != nil {
		return nil, "", err
	}
	return held, fmt.Sprint(m.Keysyms), nil
}
