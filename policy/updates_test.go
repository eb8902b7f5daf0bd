package policy

import (
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
	for half := range map[string]bool{`update_root = "` + root + `"`: true, `update_mirror = "https://mirror.example/"`: true} {
		if f, err := ParseFloor([]byte(half + "\n")); err != nil || f.Updates.On() {
			t.Errorf("%s: %+v, %v", half, f.Updates, err)
		}
	}
}
