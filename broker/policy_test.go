package broker

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) settings() apipbconnect.SettingsServiceClient {
	return apipbconnect.NewSettingsServiceClient(c.http, c.base)
}

func (c *client) scopes(t *testing.T) *apipb.ListScopesResponse {
	t.Helper()
	r, err := c.settings().ListScopes(t.Context(), connect.NewRequest(&apipb.ListScopesRequest{}))
	if err != nil {
		t.Fatal(err)
	}
	return r.Msg
}

// save saves a scope into the list as it is now.
func (c *client) save(t *testing.T, s *apipb.Scope) *apipb.Scope {
	t.Helper()
	s.Version = c.scopes(t).Version
	r, err := c.settings().SaveScope(t.Context(), connect.NewRequest(&apipb.SaveScopeRequest{Scope: s}))
	if err != nil {
		t.Fatal(err)
	}
	return r.Msg.Scope
}

// set changes settings of the scope that holds every device.
func (c *client) set(t *testing.T, pairs ...string) {
	t.Helper()
	l := c.scopes(t).Scopes
	s := l[len(l)-1]
	for i := 0; i < len(pairs); i += 2 {
		s.Settings[pairs[i]] = pairs[i+1]
	}
	c.save(t, s)
}

func (c *client) device(t *testing.T, id string) *apipb.Device {
	t.Helper()
	r, err := c.inventory.GetDevice(t.Context(), connect.NewRequest(&apipb.GetDeviceRequest{Id: id}))
	if err != nil {
		t.Fatal(err)
	}
	return r.Msg.Device
}

func (c *client) updateDevice(t *testing.T, r *apipb.UpdateDeviceRequest) *apipb.Device {
	t.Helper()
	a, err := c.inventory.UpdateDevice(t.Context(), connect.NewRequest(r))
	if err != nil {
		t.Fatal(err)
	}
	return a.Msg.Device
}

func (c *client) explain(t *testing.T, r *apipb.ExplainRequest) *apipb.ExplainResponse {
	t.Helper()
	a, err := c.settings().Explain(t.Context(), connect.NewRequest(r))
	if err != nil {
		t.Fatal(err)
	}
	return a.Msg
}

func (c *client) tryStart(t *testing.T, device string) error {
	_, err := c.session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: device, Path: "inventory"}))
	return err
}

func actionOf(t *testing.T, d *apipb.Device, id string) *apipb.Action {
	t.Helper()
	for _, a := range d.Actions {
		if a.Id == id {
			return a
		}
	}
	t.Fatalf("no action %s", id)
	return nil
}

func TestE4_TheSwitchIsKeptAndAudited(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	first := rob.scopes(t)
	if len(first.Scopes) != 1 || first.Scopes[0].Name != "All devices" || first.Scopes[0].Settings["remote_support"] != "true" {
		t.Fatalf("at first: %v", first)
	}
	s := first.Scopes[0]
	s.Settings["remote_support"] = "off"
	s.Devices = &apipb.Matcher{Tags: []string{"lab"}}
	_, err := rob.settings().SaveScope(t.Context(), connect.NewRequest(&apipb.SaveScopeRequest{Scope: s}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	ada.save(t, s)
	n.restart()
	now := ada.scopes(t)
	if now.Version != first.Version+1 || now.Scopes[0].Settings["remote_support"] != "false" || now.Scopes[0].Devices.Tags[0] != "lab" {
		t.Fatalf("after: %v", now)
	}
	r := n.records(action("scope.save"))
	if len(r) != 1 || r[0].ActorName != "Ada Admin" || r[0].Object != "scope:"+s.Id || r[0].ObjectName != "All devices" ||
		r[0].Detail != "remote_support: true → false; devices.tags: none → lab" {
		t.Fatalf("%+v", r)
	}
	_, err = ada.settings().DeleteScope(t.Context(), connect.NewRequest(&apipb.DeleteScopeRequest{Id: s.Id, Version: now.Version}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	_, err = ada.settings().DeleteScope(t.Context(), connect.NewRequest(&apipb.DeleteScopeRequest{Id: s.Id, Version: now.Version, Confirm: true}))
	if err != nil || len(ada.scopes(t).Scopes) != 0 || len(n.records(action("scope.delete"))) != 1 {
		t.Fatalf("delete: %v, %v", err, ada.scopes(t))
	}
}

func TestScopesOfAnOldListAreNotTaken(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	version := ada.scopes(t).Version
	var taken atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_, err := ada.settings().SaveScope(t.Context(), connect.NewRequest(&apipb.SaveScopeRequest{Scope: &apipb.Scope{
				Name: strings.Repeat("x", i+1), Version: version,
			}}))
			if err == nil {
				taken.Add(1)
			} else if code(err) != wirepb.ErrorCode_ERROR_CODE_CONFLICT {
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	if taken.Load() != 1 || len(ada.scopes(t).Scopes) != 2 || len(n.records(action("scope.save"))) != 1 {
		t.Fatalf("%d taken: %v", taken.Load(), ada.scopes(t))
	}
	for _, bad := range []*apipb.Scope{
		{Name: "y", Settings: map[string]string{"remote": "true"}},
		{Name: "y", Settings: map[string]string{"hours": "always"}},
		{Name: "y", Users: &apipb.Matcher{Tags: []string{"t"}}},
		{Name: "All devices"},
		{},
	} {
		bad.Version = ada.scopes(t).Version
		_, err := ada.settings().SaveScope(t.Context(), connect.NewRequest(&apipb.SaveScopeRequest{Scope: bad}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
	_, err := ada.settings().SaveScope(t.Context(), connect.NewRequest(&apipb.SaveScopeRequest{Scope: &apipb.Scope{
		Id: "unknown", Name: "y", Version: ada.scopes(t).Version,
	}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
}

func TestE3_E7_TheFirstScopeDecides(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	one, other := n.online(), n.online()
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: one.dev, Tags: &apipb.Tags{Tags: []string{"lab"}}})
	lab := ada.save(t, &apipb.Scope{Name: "Laboratory", Devices: &apipb.Matcher{Tags: []string{"LAB"}}, Settings: map[string]string{"remote_support": "false"}})
	err := rob.tryStart(t, one.dev)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	if !strings.Contains(err.Error(), "Laboratory") {
		t.Errorf("the scope is not named: %v", err)
	}
	a := actionOf(t, rob.device(t, one.dev), "support")
	if a.Enabled || a.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || !strings.Contains(a.Reason, "Laboratory") {
		t.Errorf("inventory: %v", a)
	}
	s := rob.start(t, other.dev)
	other.answer(other.offer(), false)
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	l := ada.scopes(t)
	r, err := ada.settings().OrderScopes(t.Context(), connect.NewRequest(&apipb.OrderScopesRequest{Ids: []string{"all-devices", lab.Id}, Version: l.Version}))
	if err != nil || r.Msg.Version != l.Version+1 {
		t.Fatal(err)
	}
	rob.start(t, one.dev)
	for _, ids := range [][]string{{"all-devices"}, {"all-devices", "all-devices"}, {"all-devices", "x"}} {
		_, err := ada.settings().OrderScopes(t.Context(), connect.NewRequest(&apipb.OrderScopesRequest{Ids: ids, Version: r.Msg.Version}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
}

func TestE2_EntitlementNeedsNoRestartOfTheDevice(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	a := n.online()
	no, yes := false, true
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: a.dev, Entitled: &no})
	wantCode(t, rob.tryStart(t, a.dev), wirepb.ErrorCode_ERROR_CODE_NOT_ENTITLED)
	if got := actionOf(t, rob.device(t, a.dev), "screenshare"); got.Enabled || got.Code != wirepb.ErrorCode_ERROR_CODE_NOT_ENTITLED {
		t.Errorf("%v", got)
	}
	_, err := rob.inventory.UpdateDevice(t.Context(), connect.NewRequest(&apipb.UpdateDeviceRequest{Id: a.dev, Entitled: &yes}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: a.dev, Entitled: &yes})
	rob.start(t, a.dev)
	r := n.records(action("device.update"))
	if len(r) != 2 || r[1].Detail != "entitled: false → true" || r[1].ActorName != "Ada Admin" {
		t.Errorf("%+v", r)
	}
}

func TestE13_I1_FiltersOfTheInventory(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	on, off := n.online(), n.agent()
	off.info.Hostname = "till-1"
	if off.tryEnroll(n.token(1).Token).GetEnrolled() == nil {
		t.Fatal("not enrolled")
	}
	group := "Shops"
	ada.updateDevice(t, &apipb.UpdateDeviceRequest{Id: off.dev, Group: &group, Tags: &apipb.Tags{Tags: []string{"till", "Berlin", "till"}}})
	shops := ada.save(t, &apipb.Scope{Name: "Shops", Devices: &apipb.Matcher{Groups: []string{"shops"}}})
	for name, c := range map[string]struct {
		r    *apipb.ListDevicesRequest
		want []string
	}{
		"all":            {&apipb.ListDevicesRequest{}, []string{off.dev, on.dev}},
		"view":           {&apipb.ListDevicesRequest{View: shops.Id}, []string{off.dev}},
		"view of all":    {&apipb.ListDevicesRequest{View: "all-devices"}, []string{off.dev, on.dev}},
		"view of none":   {&apipb.ListDevicesRequest{View: "x"}, nil},
		"tags":           {&apipb.ListDevicesRequest{Tags: []string{"TILL", "berlin"}}, []string{off.dev}},
		"a tag too many": {&apipb.ListDevicesRequest{Tags: []string{"till", "lab"}}, nil},
		"tag as word":    {&apipb.ListDevicesRequest{Query: "berl"}, []string{off.dev}},
		"name":           {&apipb.ListDevicesRequest{Query: "ws-1"}, []string{on.dev}},
		"online":         {&apipb.ListDevicesRequest{Presence: apipb.Presence_PRESENCE_ONLINE}, []string{on.dev}},
		"offline":        {&apipb.ListDevicesRequest{Presence: apipb.Presence_PRESENCE_OFFLINE}, []string{off.dev}},
	} {
		r, err := ada.inventory.ListDevices(t.Context(), connect.NewRequest(c.r))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, d := range r.Msg.Devices {
			got[d.Id] = true
		}
		ok := len(got) == len(c.want)
		for _, id := range c.want {
			ok = ok && got[id]
		}
		if !ok {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	d := ada.device(t, off.dev)
	if len(d.Views) != 2 || d.Views[0] != shops.Id || len(d.Tags) != 2 || d.Group != "Shops" || !d.Entitled || d.Pending {
		t.Errorf("%v", d)
	}
	if a := actionOf(t, d, "support"); a.Enabled || a.Code != wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE {
		t.Errorf("%v", a)
	}
	summary := func(view string) *apipb.SummaryResponse {
		t.Helper()
		r, err := ada.settings().Summary(t.Context(), connect.NewRequest(&apipb.SummaryRequest{View: view}))
		if err != nil {
			t.Fatal(err)
		}
		return r.Msg
	}
	s := ada.start(t, on.dev)
	if got := summary(""); got.Devices != 2 || got.Online != 1 || got.Sessions != 1 || got.EndedToday != 0 {
		t.Errorf("summary: %v", got)
	}
	if got := summary(shops.Id); got.Devices != 1 || got.Online != 0 || got.Sessions != 0 {
		t.Errorf("summary of the view: %v", got)
	}
	on.answer(on.offer(), true)
	n.phase(ada, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if _, err := ada.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	if got := summary(""); got.Sessions != 0 || got.EndedToday != 1 {
		t.Errorf("summary after the end: %v", got)
	}
	for _, bad := range []*apipb.UpdateDeviceRequest{
		{Id: on.dev, Tags: &apipb.Tags{Tags: []string{"two\nlines"}}},
		{Id: on.dev, Tags: &apipb.Tags{Tags: []string{""}}},
		{Id: on.dev, Tags: &apipb.Tags{Tags: make([]string, 51)}},
	} {
		_, err := ada.inventory.UpdateDevice(t.Context(), connect.NewRequest(bad))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
	_, err := ada.inventory.UpdateDevice(t.Context(), connect.NewRequest(&apipb.UpdateDeviceRequest{Id: "x"}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
}

func TestX13_Explain(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	a := n.online()
	if e := rob.explain(t, &apipb.ExplainRequest{Device: "WS-1"}); !e.Allowed || e.Rule.Setting != "remote_support" || e.Rule.ScopeName != "All devices" || len(e.Settings) < 20 {
		t.Errorf("%v", e)
	}
	ada.set(t, "view_only", "true")
	if e := ada.explain(t, &apipb.ExplainRequest{Rep: "rob", Device: a.dev, Action: "session.control"}); e.Allowed ||
		wirepb.ErrorCode(e.Code) != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || e.Rule.Setting != "view_only" || e.Rule.Kind != "scope" {
		t.Errorf("%v", e)
	}
	if e := ada.explain(t, &apipb.ExplainRequest{Rep: "Rob", Device: a.dev, Action: "settings.edit"}); e.Allowed ||
		wirepb.ErrorCode(e.Code) != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN || e.Rule.Kind != "permission" {
		t.Errorf("%v", e)
	}
	ada.set(t, "mfa_at_start", "true")
	if e := rob.explain(t, &apipb.ExplainRequest{Device: a.dev}); e.Allowed || wirepb.ErrorCode(e.Code) != wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED ||
		e.Rule.Kind != "mfa" || e.Rule.ScopeName != "All devices" {
		t.Errorf("%v", e)
	}
	if e := ada.explain(t, &apipb.ExplainRequest{Rep: "rob", Device: a.dev}); !e.Allowed {
		t.Errorf("somebody else's proof is nobody's business: %v", e)
	}
	ada.set(t, "mfa_at_start", "false")
	ada.start(t, a.dev)
	if e := rob.explain(t, &apipb.ExplainRequest{Device: a.dev}); e.Allowed ||
		wirepb.ErrorCode(e.Code) != wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS || e.Rule.Kind != "state" {
		t.Errorf("%v", e)
	}
	_, err := rob.settings().Explain(t.Context(), connect.NewRequest(&apipb.ExplainRequest{Rep: "ada", Device: a.dev}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = ada.settings().Explain(t.Context(), connect.NewRequest(&apipb.ExplainRequest{Rep: "nobody", Device: a.dev}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	n.online()
	_, err = rob.settings().Explain(t.Context(), connect.NewRequest(&apipb.ExplainRequest{Device: "ws-1"}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
}
