package pipewiretest

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that has to come.
const patience = time.Minute

const daemonConfig = `
context.properties = { core.daemon = true core.name = pipewire-0 support.dbus = false module.x11.bell = false }
context.spa-libs = { support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-spa-node-factory }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-session-manager }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-link-factory }
  { name = libpipewire-module-access args = { } }
]
context.objects = [
  { factory = spa-node-factory args = {
    factory.name = support.node.driver node.name = Dummy-Driver node.group = pipewire.dummy priority.driver = 20000 } }
]
`

const managerConfig = `
context.properties = { log.level = 2 wireplumber.script-engine = lua-scripting support.dbus = false }
context.spa-libs = { support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-client-device }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-session-manager }
]
wireplumber.components = [
  { name = libwireplumber-module-lua-scripting, type = module }
  { name = video.lua, type = config/lua }
]
`

// managerScript has of WirePlumber's own policy what links video nodes.
const managerScript = `
components = {}
for _, m in ipairs({"metadata", "si-node", "si-audio-adapter", "si-standard-link", "si-audio-endpoint", "default-nodes-api", "mixer-api"}) do
  components[m] = { "libwireplumber-module-" .. m, type = "module" }
end
for _, s in ipairs({"create-item.lua", "policy-node.lua"}) do
  components[s] = { s, type = "script/lua", args = { ["move"] = true, ["follow"] = true } }
end
`

// Server is a running PipeWire with WirePlumber, of a test's own.
type Server struct {
	dir     string
	daemon  *exec.Cmd
	manager *exec.Cmd
}

// Start runs both, makes the daemon that of the test's environment and ends them with
// the test.
func Start(t testing.TB) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "pw") //nolint:usetesting // t.TempDir is too long for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{dir: dir}
	for name, text := range map[string]string{
		"pipewire.conf": daemonConfig, "wp/wireplumber.conf": managerConfig, "wp/video.lua.d/10-video.lua": managerScript,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PIPEWIRE_RUNTIME_DIR", dir)
	t.Cleanup(s.Stop)
	s.daemon = s.run(t, "pipewire", "-c", filepath.Join(dir, "pipewire.conf"))
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if c, err := net.Dial("unix", s.socket()); err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("pipewire did not start\n%s", s.log("pipewire"))
		}
	}
	s.manager = s.run(t, "wireplumber")
	return s
}

func (s *Server) socket() string { return filepath.Join(s.dir, "pipewire-0") }

func (s *Server) log(name string) []byte {
	out, _ := os.ReadFile(filepath.Join(s.dir, name+".log"))
	return out
}

func (s *Server) run(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not installed: run `make deps`", name)
	}
	out, err := os.Create(filepath.Join(s.dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(path, args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "XDG_RUNTIME_DIR=" + s.dir, "XDG_STATE_HOME=" + s.dir,
		"WIREPLUMBER_CONFIG_DIR=" + filepath.Join(s.dir, "wp"), "WIREPLUMBER_DATA_DIR=/usr/share/wireplumber",
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// Connect opens a connection to the daemon, as a portal does for a program.
func (s *Server) Connect() (*os.File, error) {
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: s.socket(), Net: "unix"})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.File()
}

// Stop ends both.
func (s *Server) Stop() {
	for _, cmd := range []*exec.Cmd{s.manager, s.daemon} {
		if cmd != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		}
	}
	s.manager, s.daemon = nil, nil
}
