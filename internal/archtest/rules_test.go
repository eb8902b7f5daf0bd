package archtest

// rule says which of our packages a package may import. A pattern ending in
// "/..." matches the package and everything below it. The first rule whose pkg
// matches counts, so that narrow ones stand above wide ones.
type rule struct {
	pkg   string
	allow []string
}

// generated protobuf packages belong to their parents and hold no logic.
var rules = []rule{
	{"cmd/alongside", []string{"agent", "agent/facts", "agent/helper", "doctor", "installer", "update", "tray", "tray/prompt", "transport", "policy", "elevation/...", "internal/confine", "internal/ipc/...", "internal/redact", "wire/..."}},
	{"cmd/alongside-release", []string{"update/release"}},
	{"cmd/alongside-broker", []string{"broker/...", "internal/redact", "policy", "transport"}},

	{"installer", []string{"internal/desktopentry", "internal/wholefile", "packaging/linux", "update"}},
	{"update/release", []string{"update", "internal/wholefile"}},
	{"update", nil},
	{"doctor", []string{"agent", "capture", "input", "tray", "tray/prompt", "transport", "update", "internal/ipc/...", "wire/..."}},
	{"agent/helper", []string{"capture", "clipboard", "encode", "input", "elevation", "restriction", "internal/indicator", "internal/portal", "internal/ipc/...", "wire/..."}},
	{"agent/...", []string{"agent/...", "elevation/...", "transport", "policy", "internal/indicator", "internal/ipc/...", "internal/redact", "wire/..."}},
	{"tray/...", []string{"internal/pixels", "tray/...", "internal/desktopentry", "internal/indicator", "internal/wholefile", "internal/ipc/...", "internal/x11/...", "internal/wayland/...", "wire/..."}},
	{"encode", []string{"capture", "encode/...", "wire/..."}},
	{"encode/...", nil},
	{"capture/...", []string{"internal/pixels", "capture/...", "internal/x11/...", "internal/wayland/...", "internal/pipewire/...", "internal/portal/...", "internal/win", "internal/mac"}},
	{"clipboard/...", []string{"clipboard/...", "internal/x11/..."}},
	{"input/...", []string{"input/...", "wire/...", "internal/x11/...", "internal/wayland/...", "internal/portal/...", "internal/win", "internal/mac"}},
	{"restriction", []string{"internal/x11/..."}},
	{"elevation/...", []string{"elevation/...", "internal/redact"}},
	{"transport/...", []string{"transport/...", "internal/nowait", "wire/..."}},
	{"viewer", []string{"viewer/jpeg", "wire/..."}},
	{"viewer/...", nil},
	{"support", []string{"wire/..."}},
	{"policy", []string{"wire/..."}},
	{"broker/recording", []string{"broker/...", "support", "policy", "viewer", "wire/..."}},
	{"broker/...", []string{"broker/...", "internal/redact", "support", "policy", "transport", "wire/..."}},
	{"wire/...", []string{"wire/..."}},
	{"packaging/...", nil},
	{"internal/ipc/...", []string{"internal/ipc/...", "internal/nowait", "wire/..."}},
	{"internal/indicator", []string{"internal/ipc/ipcpb"}},
	{"internal/pixels", nil},
	{"internal/nowait", nil},
	{"internal/redact", nil},
	{"internal/x11/...", []string{"internal/pixels", "internal/x11/..."}},
	{"internal/wayland/...", []string{"internal/pixels", "internal/wayland/..."}},
	{"internal/pipewire/...", []string{"internal/pixels", "internal/pipewire/..."}},
	{"internal/portal/gnometest", []string{"internal/pixels", "internal/pipewire/...", "internal/portal/portaltest"}},
	{"internal/portal/...", []string{"internal/portal/...", "internal/wholefile"}},
	{"internal/desktopentry", nil},
	{"internal/wholefile", nil},
	{"internal/confine", nil},
	{"internal/archtest", nil},
	{"test/...", []string{"..."}},
	{"bench/...", []string{"..."}},
}

// testOnly are packages that only tests may import, beside each other.
var testOnly = []string{
	"capture/capturetest", "internal/pixels", "input/inputtest", "transport/transporttest", "internal/x11/x11test", "internal/wayland/waylandtest",
	"internal/pipewire/pipewiretest", "internal/portal/gnometest", "internal/portal/portaltest",
	"tray/internal/desktest", "tray/prompt/prompttest", "test/...", "bench/...",
}

// perOS are the only places for code of one operating system.
var perOS = []string{
	"capture/...", "clipboard/...", "input/...", "elevation/...", "restriction", "tray/...", "internal/ipc", "internal/x11/...", "internal/wayland/...", "internal/pipewire/...",
	"internal/confine", "internal/nowait", "update", "internal/win", "internal/mac", "packaging/linux", "installer", "agent", "agent/facts", "agent/helper", "cmd/alongside", "transport",
}
