package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestD25_TheFloorSaysWhereUpdatesComeFrom(t *testing.T) {
	root := strings.Repeat("0f", 32)
	f, err := ParseFloor([]byte("update_mirror = \"https://mirror.example/alongside\"\nupdate_root = \"" + root + "\"\n"))
	if want := (Updates{Mirror: "https://mirror.example/alongside", Root: root, Channel: "stable"}); err != nil || f.Updates != want || !f.Updates.On() {
		t.Errorf("%+v, %v", f.Updates, err)
	}
	if NoFloor().Updates.On() {
		t.Error("on without a floor")
	}
	for _, line := range []string{
		`update_mirror = "mirror.example"`, `update_mirror = "file:///srv"`, `update_mirror = "https://u:p@mirror.example/"`, `update_mirror = "https://mirror.example/?x"`,
		`update_mirror = true`, `update_root = "` + root[1:] + `"`, `update_root = "` + strings.ToUpper(root) + `"`, `update_root = 1`,
		`update_channel = ""`, `update_channel = "Stable"`, `update_channel = "a/b"`,
	} {
		if f, err := ParseFloor([]byte(line + "\n")); err == nil {
			t.Errorf("%s: %+v", line, f.Updates)
		}
	}
	for _, half := range []string{`update_root = "` + root + `"`, `update_mirror = "https://mirror.example/"`} {
		if f, err := ParseFloor([]byte(half + "\n")); err != nil || f.Updates.On() {
			t.Errorf("%s: %+v, %v", half, f.Updates, err)
		}
	}
}

// A broker makes bundles: none of the keys is for it to say.
func TestD25_ABundleDoesNotSayWhereUpdatesComeFrom(t *testing.T) {
	for _, line := range []string{
		`update_mirror = "https://mirror.example/"`, `update_root = "` + strings.Repeat("0f", 32) + `"`, `update_channel = "beta"`,
	} {
		if f, err := ParseBundled([]byte("view_only = true\n" + line + "\n")); !errors.Is(err, ErrBundledUpdates) || f != (Floor{}) {
			t.Errorf("%s: %+v, %v", line, f, err)
		}
	}
	if f, err := ParseBundled([]byte("view_only = true\n")); err != nil || f.Control {
		t.Errorf("a bundle of other keys: %+v, %v", f, err)
	}
}
