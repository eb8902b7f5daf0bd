package policy

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestParseFloor(t *testing.T) {
	f, err := ParseFloor([]byte("# ours\nview_only = true # always\nconsent = \"policy\"\n\nreason_min = 12\nlongest_session_min = 30\nclipboard = \"in\"\nrecording = false\nat_end = \"lock\"\n"))
	want := NoFloor()
	want.Control, want.Notify, want.ReasonMin, want.Longest = false, true, 12, 30*time.Minute
	want.ClipboardOut, want.Recorded, want.AtEnd = false, false, AtEndLock
	if err != nil || f != want {
		t.Fatalf("%+v %v, want %+v", f, err, want)
	}
	if f, err := ParseFloor(nil); err != nil || f != NoFloor() {
		t.Fatalf("empty: %+v %v", f, err)
	}
}

func TestParseFloorRefuses(t *testing.T) {
	for line, s := range map[string]string{
		"unknown":  "remote_suport = true",
		"type":     "remote_support = 1",
		"choice":   `consent = "never"`,
		"end":      `at_end = "later"`,
		"range":    "reason_min = 501",
		"negative": "reason_min = -1",
		"zero":     "reason_min = 010",
		"twice":    "view_only = true\nview_only = false",
		"table":    "[policy]",
		"trailing": `consent = "ask" ask`,
		"open":     `consent = "ask`,
		"escape":   `consent = "a\u0073k"`,
		"empty":    "view_only =",
		"long":     string(make([]byte, MaxFloor+1)),
	} {
		f, err := ParseFloor([]byte(s))
		var fe *FloorError
		if !errors.As(err, &fe) || fe.Line == 0 || f != (Floor{}) {
			t.Errorf("%s: %+v %v: wants a FloorError and the floor that permits nothing", line, f, err)
		}
	}
}

func TestUnderIsNeverLooser(t *testing.T) {
	open := &wirepb.DevicePolicy{
		DeviceSpki: []byte{1}, Version: 7, ExpiresUnixMs: 8, RemoteSupport: true, ReasonMin: 3, DesktopIcon: true, DesktopIconName: "Help",
		ClipboardToEndpoint: true, ClipboardFromEndpoint: true, FilesToEndpoint: true, FilesFromEndpoint: true,
		RestrictInput: true, PrivacyScreen: true,
	}
	permits := NoFloor()
	permits.Notify = true
	if got := Under(permits, open); !proto.Equal(got, open) {
		t.Errorf("a floor that permits it all changes the policy: %v", got)
	}
	if got := Under(NoFloor(), open); !got.ConsentRequired {
		t.Errorf("without a floor nobody is asked: %v", got)
	}
	got := Under(Floor{ReasonMin: 10}, open)
	want := &wirepb.DevicePolicy{
		DeviceSpki: []byte{1}, Version: 7, ExpiresUnixMs: 8, ReasonMin: 10, DesktopIconName: "Help", ViewOnly: true, ConsentRequired: true,
	}
	if !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := Under(NoFloor(), nil); !got.RemoteSupport || !got.ConsentRequired || got.ViewOnly || !got.ClipboardToEndpoint || !got.FilesFromEndpoint {
		t.Errorf("the floor alone: %v", got)
	}
	strict := &wirepb.DevicePolicy{ReasonMin: 20, ViewOnly: true, ConsentRequired: true}
	if got := Under(NoFloor(), strict); !proto.Equal(got, strict) {
		t.Errorf("a stricter policy counts: %v", got)
	}
}

func TestAdmit(t *testing.T) {
	grant := func(change func(*wirepb.SessionGrant)) *wirepb.SessionGrant {
		g := &wirepb.SessionGrant{Permissions: []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW}}
		change(g)
		return g
	}
	plain := grant(func(*wirepb.SessionGrant) {})
	control := grant(func(g *wirepb.SessionGrant) {
		g.Permissions = append(g.Permissions, wirepb.Permission_PERMISSION_CONTROL)
	})
	notify := grant(func(g *wirepb.SessionGrant) { g.Consent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY })
	absent := grant(func(g *wirepb.SessionGrant) { g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY })
	timeout := grant(func(g *wirepb.SessionGrant) { g.OnTimeout = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW })
	recorded := grant(func(g *wirepb.SessionGrant) { g.Recorded = true })
	on := &wirepb.DevicePolicy{RemoteSupport: true}
	allows, unasked := NoFloor(), NoFloor()
	allows.TimeoutAllows = true
	unasked.Notify = true
	for name, c := range map[string]struct {
		floor Floor
		p     *wirepb.DevicePolicy
		g     *wirepb.SessionGrant
		want  bool
	}{
		"plain":              {NoFloor(), on, plain, true},
		"control":            {NoFloor(), on, control, true},
		"no policy":          {NoFloor(), nil, control, true},
		"off by policy":      {NoFloor(), &wirepb.DevicePolicy{}, plain, false},
		"off by floor":       {Floor{}, on, plain, false},
		"view only, policy":  {NoFloor(), &wirepb.DevicePolicy{RemoteSupport: true, ViewOnly: true}, control, false},
		"view only, floor":   {Floor{RemoteSupport: true, Notify: true}, on, control, false},
		"notify":             {NoFloor(), on, notify, false},
		"notify, permitted":  {unasked, on, notify, true},
		"notify, floor":      {Floor{RemoteSupport: true}, on, notify, false},
		"absent, floor":      {Floor{RemoteSupport: true}, on, absent, false},
		"absent, policy":     {unasked, &wirepb.DevicePolicy{RemoteSupport: true, ConsentRequired: true}, absent, false},
		"timeout":            {NoFloor(), on, timeout, false},
		"timeout, permitted": {allows, on, timeout, true},
		"recorded":           {NoFloor(), on, recorded, true},
		"recorded, floor":    {Floor{RemoteSupport: true}, on, recorded, false},
	} {
		err := Admit(c.floor, c.p, c.g)
		if (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED}) {
			t.Errorf("%s: %v is not policy_denied", name, err)
		}
	}
}

func TestFloorShortensSessions(t *testing.T) {
	hour := &wirepb.SessionGrant{MaxDurationS: 3600}
	for _, c := range []struct {
		floor time.Duration
		g     *wirepb.SessionGrant
		want  time.Duration
	}{
		{0, hour, time.Hour},
		{0, &wirepb.SessionGrant{}, 0},
		{time.Minute, hour, time.Minute},
		{time.Minute, &wirepb.SessionGrant{}, time.Minute},
		{2 * time.Hour, hour, time.Hour},
	} {
		if got := (Floor{Longest: c.floor}).Lasts(c.g); got != c.want {
			t.Errorf("floor %v, grant %v: %v, want %v", c.floor, c.g.MaxDurationS, got, c.want)
		}
	}
}

func TestD13_FloorWantsMoreAtTheEnd(t *testing.T) {
	const nothing, lock, logOff = wirepb.AtEnd_AT_END_NOTHING, wirepb.AtEnd_AT_END_LOCK, wirepb.AtEnd_AT_END_LOG_OFF
	for _, c := range []struct {
		floor   AtEnd
		granted wirepb.AtEnd
		want    wirepb.AtEnd
	}{
		{AtEndNothing, wirepb.AtEnd_AT_END_UNSPECIFIED, nothing},
		{AtEndNothing, nothing, nothing},
		{AtEndNothing, logOff, logOff},
		{AtEndLock, wirepb.AtEnd_AT_END_UNSPECIFIED, lock},
		{AtEndLock, logOff, logOff},
		{AtEndLogOff, lock, logOff},
	} {
		if got := (Floor{AtEnd: c.floor}).Closes(&wirepb.SessionGrant{AtEnd: c.granted}); got != c.want {
			t.Errorf("floor %v, grant %v: %v, want %v", c.floor, c.granted, got, c.want)
		}
	}
}
