package terminal

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const proc = "/proc"

// maxEnviron is how much of a program's environment is read, in bytes: many
// times what a login makes, and little for each of thousands of programs.
const maxEnviron = 128 << 10

// surroundings reads the environment of the user's programs, of which one that
// names the session counts before one that only names its display. Display
// managers keep the cookie where no rule finds it.
//
// What a user writes there reaches only processes of the same user: the kernel
// gives a program whose rights differ from its starter's to root, and those are
// not read.
func surroundings(s Session) Session {
	entries, err := os.ReadDir(proc)
	if err != nil {
		return s
	}
	var found map[string]string
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err != nil {
			continue
		}
		env := environOf(filepath.Join(proc, e.Name()), s.UID)
		byID := env["XDG_SESSION_ID"] == s.ID
		if !byID && (found != nil || strings.TrimSuffix(env["DISPLAY"], ".0") != s.Display) || s.Display == "" || !filepath.IsAbs(env["XAUTHORITY"]) {
			continue
		}
		// Our own processes have it from us.
		if env["XAUTHORITY"] == s.XAuthority && !byID {
			continue
		}
		found = env
		if byID {
			break
		}
	}
	if found == nil {
		return s
	}
	s.XAuthority = found["XAUTHORITY"]
	if bus := found["DBUS_SESSION_BUS_ADDRESS"]; bus != "" {
		s.Bus = bus
	}
	s.Locale = map[string]string{}
	for k, v := range found {
		if IsLocale(k) {
			s.Locale[k] = v
		}
	}
	return s
}

// environOf is the environment of a process of this user, nil for another's and
// for one that has ended.
func environOf(dir string, uid uint32) map[string]string {
	f, err := os.Open(filepath.Join(dir, "environ"))
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	fi, err := f.Stat()
	if err != nil {
		return nil
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || st.Uid != uid {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(f, maxEnviron))
	if err != nil {
		return nil
	}
	env := map[string]string{}
	for _, kv := range strings.Split(string(b), "\x00") {
		if k, v, ok := strings.Cut(kv, "="); ok {
			env[k] = v
		}
	}
	return env
}
