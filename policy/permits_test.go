package policy

import (
	"slices"
	"testing"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	look     = wirepb.Permission_PERMISSION_VIEW
	control  = wirepb.Permission_PERMISSION_CONTROL
	clipIn   = wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT
	clipOut  = wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT
	filesIn  = wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT
	filesOut = wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT
)

// What a session may exchange is what grant, policy and floor leave together.
func TestX1_X2_ASessionExchangesWhatGrantPolicyAndFloorLeave(t *testing.T) {
	all := []wirepb.Permission{look, control, clipIn, clipOut, filesIn, filesOut}
	floor := func(change func(*Floor)) Floor {
		f := NoFloor()
		change(&f)
		return f
	}
	open := func(change func(*wirepb.DevicePolicy)) *wirepb.DevicePolicy {
		p := Under(NoFloor(), nil)
		change(p)
		return p
	}
	same := func(*wirepb.DevicePolicy) {}
	for name, c := range map[string]struct {
		floor Floor
		p     *wirepb.DevicePolicy
		asked []wirepb.Permission
		want  []wirepb.Permission
	}{
		"nothing taken":        {NoFloor(), open(same), all, all},
		"without a policy":     {NoFloor(), nil, all, all},
		"no more than granted": {NoFloor(), open(same), []wirepb.Permission{look, clipOut}, []wirepb.Permission{look, clipOut}},
		"a policy of before":   {NoFloor(), &wirepb.DevicePolicy{RemoteSupport: true}, all, []wirepb.Permission{look, control}},
		"policy, in":           {NoFloor(), open(func(p *wirepb.DevicePolicy) { p.ClipboardToEndpoint = false }), all, []wirepb.Permission{look, control, clipOut, filesIn, filesOut}},
		"policy, out":          {NoFloor(), open(func(p *wirepb.DevicePolicy) { p.FilesFromEndpoint = false }), all, []wirepb.Permission{look, control, clipIn, clipOut, filesIn}},
		"floor, clipboard in":  {floor(func(f *Floor) { f.ClipboardIn = false }), open(same), all, []wirepb.Permission{look, control, clipOut, filesIn, filesOut}},
		"floor, clipboard out": {floor(func(f *Floor) { f.ClipboardOut = false }), open(same), all, []wirepb.Permission{look, control, clipIn, filesIn, filesOut}},
		"floor, files in":      {floor(func(f *Floor) { f.FilesIn = false }), nil, all, []wirepb.Permission{look, control, clipIn, clipOut, filesOut}},
		"floor, files out":     {floor(func(f *Floor) { f.FilesOut = false }), nil, all, []wirepb.Permission{look, control, clipIn, clipOut, filesIn}},
		"only looks":           {NoFloor(), open(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }), all, []wirepb.Permission{look}},
		"only looks, floor":    {floor(func(f *Floor) { f.Control = false }), open(same), all, []wirepb.Permission{look}},
		"unknown":              {NoFloor(), nil, []wirepb.Permission{look, 99}, []wirepb.Permission{look}},
	} {
		if got := Permits(c.floor, c.p, c.asked); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// What is done to the person is off where nobody has switched it on, and either of the
// device's two rules takes it away.
func TestX15_RestrictingIsOffUntilSwitchedOn(t *testing.T) {
	const input, dark = wirepb.Permission_PERMISSION_RESTRICT_INPUT, wirepb.Permission_PERMISSION_PRIVACY_SCREEN
	asked := []wirepb.Permission{look, control, input, dark}
	both := &wirepb.DevicePolicy{RemoteSupport: true, RestrictInput: true, PrivacyScreen: true}
	only := func(change func(*wirepb.DevicePolicy)) *wirepb.DevicePolicy {
		p := &wirepb.DevicePolicy{RemoteSupport: true}
		change(p)
		return p
	}
	noInput, noDark := NoFloor(), NoFloor()
	noInput.RestrictInput, noDark.PrivacyScreen = false, false
	for name, c := range map[string]struct {
		floor Floor
		p     *wirepb.DevicePolicy
		want  []wirepb.Permission
	}{
		"switched on":      {NoFloor(), both, asked},
		"without a policy": {NoFloor(), nil, []wirepb.Permission{look, control}},
		"one of before":    {NoFloor(), only(func(*wirepb.DevicePolicy) {}), []wirepb.Permission{look, control}},
		"input only":       {NoFloor(), only(func(p *wirepb.DevicePolicy) { p.RestrictInput = true }), []wirepb.Permission{look, control, input}},
		"screen only":      {NoFloor(), only(func(p *wirepb.DevicePolicy) { p.PrivacyScreen = true }), []wirepb.Permission{look, control, dark}},
		"floor, input":     {noInput, both, []wirepb.Permission{look, control, dark}},
		"floor, screen":    {noDark, both, []wirepb.Permission{look, control, input}},
		"only looks":       {NoFloor(), only(func(p *wirepb.DevicePolicy) { p.RestrictInput, p.PrivacyScreen, p.ViewOnly = true, true, true }), []wirepb.Permission{look}},
	} {
		if got := Permits(c.floor, c.p, asked); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := Defaults().Under(asked); !slices.Equal(got, []wirepb.Permission{look, control}) {
		t.Errorf("offered by default: %v", got)
	}
	if got := (Settings{RestrictInput: true, PrivacyScreen: true}).Under(asked); !slices.Equal(got, asked) {
		t.Errorf("offered where it is switched on: %v", got)
	}
}

func TestX1_X2_SettingsSayWhatIsOffered(t *testing.T) {
	all := []wirepb.Permission{look, control, clipIn, clipOut, filesIn, filesOut}
	for name, c := range map[string]struct {
		set  Settings
		want []wirepb.Permission
	}{
		"defaults":      {Defaults(), []wirepb.Permission{look, control}},
		"in":            {Settings{ClipboardIn: true, FilesIn: true}, []wirepb.Permission{look, control, clipIn, filesIn}},
		"out":           {Settings{ClipboardOut: true, FilesOut: true}, []wirepb.Permission{look, control, clipOut, filesOut}},
		"and view only": {Settings{ClipboardOut: true, ClipboardIn: true, ViewOnly: true}, []wirepb.Permission{look}},
	} {
		if got := c.set.Under(all); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
