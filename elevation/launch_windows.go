package elevation

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
)

const fixedPath = `C:\Windows\System32;C:\Windows`

// systemEnvironment: without these no Windows program starts properly.
func systemEnvironment() []string {
	var env []string
	for _, k := range []string{"SystemRoot", "LOCALAPPDATA", "APPDATA", "USERPROFILE", "TEMP"} {
		if v := os.Getenv(k); v != "" {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// prepare starts as the user of this process: CreateProcessAsUser comes with
// the Windows service.
func prepare(cmd *exec.Cmd, s Spec) error {
	if s.Level == LevelSystem {
		return ErrUnsupported
	}
	cmd.Dir = os.Getenv("SystemRoot")
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	var handles []string
	for _, f := range s.Files {
		h := f.Fd()
		if err := windows.SetHandleInformation(windows.Handle(h), windows.HANDLE_FLAG_INHERIT, windows.HANDLE_FLAG_INHERIT); err != nil {
			return fmt.Errorf("inherit handle: %w", err)
		}
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, syscall.Handle(h))
		handles = append(handles, fmt.Sprint(h))
	}
	if len(handles) > 0 {
		cmd.Args = append(cmd.Args, "--pipes="+strings.Join(handles, ","))
	}
	return nil
}

func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// NoCores does nothing: Windows Error Reporting is told by the installer.
func NoCores() error { return nil }
