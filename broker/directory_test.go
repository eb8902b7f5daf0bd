package broker

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) config() apipbconnect.ConfigServiceClient {
	return apipbconnect.NewConfigServiceClient(c.http, c.base)
}

func (c *client) saveObject(t *testing.T, o *apipb.ConfigObject) (*apipb.ConfigObject, error) {
	t.Helper()
	r, err := c.config().SaveObject(t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{Object: o}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Object, nil
}

func (c *client) object(t *testing.T, o *apipb.ConfigObject) *apipb.ConfigObject {
	t.Helper()
	o, err := c.saveObject(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (c *client) objects(t *testing.T, k apipb.ObjectKind) []*apipb.ConfigObject {
	t.Helper()
	return must[apipb.ListObjectsResponse](t)(c.config().ListObjects(t.Context(), connect.NewRequest(&apipb.ListObjectsRequest{Kind: k}))).Objects
}

func (c *client) deleteObject(t *testing.T, k apipb.ObjectKind, id string, confirm bool) error {
	_, err := c.config().DeleteObject(t.Context(), connect.NewRequest(&apipb.DeleteObjectRequest{Kind: k, Id: id, Confirm: confirm}))
	return err
}

func team(name string, members ...string) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_Team{Team: &apipb.Team{Members: members}}}
}

func queue(name, team string) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team}}}
}

func issue(name, queue string, help bool) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_Issue{Issue: &apipb.Issue{Queue: queue, RequestHelp: help}}}
}

func jumpGroup(name string, members ...*apipb.JumpMember) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_JumpGroup{JumpGroup: &apipb.JumpGroup{Members: members}}}
}

func sessionPolicy(name string, capabilities ...string) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_SessionPolicy{SessionPolicy: &apipb.SessionPolicy{Capabilities: capabilities}}}
}

func buttonProfile(name string, p *apipb.ButtonProfile) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_ButtonProfile{ButtonProfile: p}}
}

// configured is one row for each kind of object.
type configured struct {
	kind    apipb.ObjectKind
	action  string                // of the audit log, before its verb
	fresh   *apipb.ConfigObject   // to be added
	change  *apipb.ConfigObject   // to be made of it
	updated string                // what the audit log says of the change
	deleted string                // and of the end, in part
	bad     []*apipb.ConfigObject // that are refused
	use     *apipb.ConfigObject   // that refers to it, with ID in the place of its id; nil: nothing can
}

// rows are the kinds. Each row's references are made before; reps are by name.
func rows(rep map[string]string, base, baseQueue string) []configured {
	long := strings.Repeat("x", 65)
	return []configured{
		{
			kind: apipb.ObjectKind_OBJECT_KIND_TEAM, action: "team",
			fresh: team("Front desk", rep["ada"], rep["rob"]), change: team("First line", rep["rob"]),
			updated: "name: Front desk → First line; members: ada, rob → rob", deleted: "members: rob → none",
			bad: []*apipb.ConfigObject{team("", rep["rob"]), team(long), team("a\u202eb"), team("T", "nobody")},
			use: queue("Lobby", "ID"),
		},
		{
			kind: apipb.ObjectKind_OBJECT_KIND_QUEUE, action: "queue",
			fresh: queue("Walk-in", base), change: queue("Hotline", base),
			updated: "name: Walk-in → Hotline", deleted: "team: Base → none",
			bad: []*apipb.ConfigObject{queue("Q", ""), queue("Q", "nothing"), queue("Base queue", base)},
			use: issue("Cannot sign in", "ID", false),
		},
		{
			kind: apipb.ObjectKind_OBJECT_KIND_ISSUE, action: "issue",
			fresh: issue("Printer", baseQueue, false), change: issue("Printer", baseQueue, true),
			updated: "request_help: false → true", deleted: "queue: Base queue → none",
			bad: []*apipb.ConfigObject{issue("I", "", true), issue("I", base, true)},
		},
		{
			kind: apipb.ObjectKind_OBJECT_KIND_JUMP_GROUP, action: "jump_group",
			fresh:   jumpGroup("Servers", &apipb.JumpMember{Account: rep["ada"], Pin: true}, &apipb.JumpMember{Account: rep["rob"]}),
			change:  jumpGroup("Servers", &apipb.JumpMember{Account: rep["ria"]}, &apipb.JumpMember{Account: rep["rob"], Pin: true}),
			updated: "members: ada (may pin), rob → ria, rob (may pin)", deleted: "members: ria, rob (may pin) → none",
			bad: []*apipb.ConfigObject{
				jumpGroup("G", &apipb.JumpMember{Account: "nobody"}),
				jumpGroup("G", &apipb.JumpMember{Account: rep["rob"]}, &apipb.JumpMember{Account: rep["rob"], Pin: true}),
			},
		},
		{
			kind: apipb.ObjectKind_OBJECT_KIND_SESSION_POLICY, action: "session_policy",
			fresh: sessionPolicy("Vendor", "view"), change: sessionPolicy("Vendor", "view", "control", "chat"),
			updated: "capabilities: view → view, control, chat", deleted: "capabilities: view, control, chat → none",
			bad: []*apipb.ConfigObject{sessionPolicy("P"), sessionPolicy("P", "everything"), sessionPolicy("P", "control")},
		},
		{
			kind: apipb.ObjectKind_OBJECT_KIND_BUTTON_PROFILE, action: "button_profile",
			fresh:   buttonProfile("Shop", &apipb.ButtonProfile{Title: "Get help", MaxDays: 30}),
			change:  buttonProfile("Shop", &apipb.ButtonProfile{Title: "Get help now", Queue: baseQueue, AllUsers: true, MaxDays: 7, Colour: "#104060", Greeting: "Hello.\nSomebody comes.", Form: true}),
			updated: "title: Get help → Get help now; queue: none → Base queue; all_users: false → true; max_days: 30 → 7; colour: none → #104060",
			deleted: "title: Get help now → none",
			bad: []*apipb.ConfigObject{
				buttonProfile("B", &apipb.ButtonProfile{MaxDays: 1}), buttonProfile("B", &apipb.ButtonProfile{Title: "x"}),
				buttonProfile("B", &apipb.ButtonProfile{Title: "x", MaxDays: 1, Colour: "red"}),
				buttonProfile("B", &apipb.ButtonProfile{Title: "x", MaxDays: 1, Greeting: "a\x1bb"}),
				buttonProfile("B", &apipb.ButtonProfile{Title: "x", MaxDays: 1, Icon: []byte("<svg/>")}),
				buttonProfile("B", &apipb.ButtonProfile{Title: "x", MaxDays: 366}), buttonProfile("B", &apipb.ButtonProfile{Title: "x", MaxDays: 1, Queue: "none"}),
			},
		},
		{
			kind: apipb.ObjectKind_OBJECT_KIND_JUMP_POLICY, action: "jump_policy",
			fresh:   jumpPolicy("Nights", &apipb.JumpPolicy{}),
			change:  jumpPolicy("Nights", &apipb.JumpPolicy{Hours: []string{"Mon-Fri 22:00-06:00 UTC"}, SecondFactor: true, Ask: true, Join: true}),
			updated: "hours: none → Mon-Fri 22:00-06:00 UTC; second_factor: false → true; ask: false → true; join: false → true",
			deleted: "hours: Mon-Fri 22:00-06:00 UTC → none",
			bad:     []*apipb.ConfigObject{jumpPolicy("P", &apipb.JumpPolicy{Hours: []string{"at night"}})},
		},
	}
}

func (n *bench) directoryRows(ada *client) []configured {
	n.t.Helper()
	rep := map[string]string{}
	for _, a := range must[apipb.ListAccountsResponse](n.t)(ada.people().ListAccounts(n.t.Context(), connect.NewRequest(&apipb.ListAccountsRequest{}))).Accounts {
		rep[a.Name] = a.Id
	}
	base := ada.object(n.t, team("Base"))
	return rows(rep, base.Id, ada.object(n.t, queue("Base queue", base.Id)).Id)
}

// without is an object as it was asked for: without what the broker adds, members
// in the broker's order.
var without = []cmp.Option{
	protocmp.Transform(), protocmp.IgnoreFields(&apipb.ConfigObject{}, "id", "version"),
	protocmp.SortRepeated(func(a, b string) bool { return a < b }),
	protocmp.SortRepeated(func(a, b *apipb.JumpMember) bool { return a.Account < b.Account }),
}

func TestE16_ObjectsAreMadeChangedAndDeleted(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	for _, row := range n.directoryRows(ada) {
		t.Run(row.action, func(t *testing.T) {
			before := len(ada.objects(t, row.kind))
			made := ada.object(t, row.fresh)
			if d := cmp.Diff(row.fresh, made, without...); d != "" || made.Id == "" {
				t.Errorf("made: %s", d)
			}
			_, err := ada.saveObject(t, row.fresh)
			wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED) // the name is taken
			next := proto.CloneOf(row.change)
			next.Id, next.Version = made.Id, made.Version
			changed := ada.object(t, next)
			if d := cmp.Diff(row.change, changed, without...); d != "" || changed.Id != made.Id {
				t.Errorf("changed: %s", d)
			}
			_, err = ada.saveObject(t, next)
			wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFLICT) // what was read is old now
			for _, bad := range row.bad {
				_, err := ada.saveObject(t, bad)
				wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
			}
			list := ada.objects(t, row.kind)
			found := false
			for _, o := range list {
				found = found || cmp.Equal(changed, o, protocmp.Transform())
			}
			if !found || len(list) != before+1 {
				t.Errorf("listed: %v", list)
			}
			if row.use != nil {
				row.inUse(t, ada, made.Id)
			}
			wantCode(t, ada.deleteObject(t, row.kind, made.Id, false), wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
			if err := ada.deleteObject(t, row.kind, made.Id, true); err != nil {
				t.Fatal(err)
			}
			wantCode(t, ada.deleteObject(t, row.kind, made.Id, true), wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
			if got := ada.objects(t, row.kind); len(got) != before {
				t.Errorf("after it was deleted: %v", got)
			}
			row.audited(t, n, made.Id)
		})
	}
}

// inUse: what something refers to stays, and the refusal names what does.
func (row configured) inUse(t *testing.T, c *client, id string) {
	t.Helper()
	use := proto.CloneOf(row.use)
	kind := apipb.ObjectKind_OBJECT_KIND_QUEUE
	if q := use.GetQueue(); q != nil {
		q.Team = id
	} else {
		use.GetIssue().Queue, kind = id, apipb.ObjectKind_OBJECT_KIND_ISSUE
	}
	use = c.object(t, use)
	err := c.deleteObject(t, row.kind, id, true)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_IN_USE)
	if !strings.Contains(err.Error(), use.Name) {
		t.Errorf("it does not say by what: %v", err)
	}
	if err := c.deleteObject(t, kind, use.Id, true); err != nil {
		t.Fatal(err)
	}
}

// audited: one record of each change and none of what was refused.
func (row configured) audited(t *testing.T, n *bench, id string) {
	t.Helper()
	for verb, want := range map[string]string{".create": "name: none → " + row.fresh.Name, ".update": row.updated, ".delete": row.deleted} {
		found := 0
		for _, r := range n.records(action(row.action + verb)) {
			if r.Object != row.action+":"+id {
				continue
			}
			found++
			if !strings.Contains(r.Detail, want) || r.ActorName != "Ada Admin" || r.Result != "ok" {
				t.Errorf("%s: %+v, want %q", r.Action, r, want)
			}
		}
		if found != 1 {
			t.Errorf("%d records of %s%s", found, row.action, verb)
		}
	}
}

func TestE16_OneOfTwoChangesWins(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	made := ada.object(t, team("Front desk"))
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			next := proto.CloneOf(made)
			next.Note = strings.Repeat("x", i+1)
			switch _, err := ada.saveObject(t, next); {
			case err == nil:
				won.Add(1)
			case code(err) != wirepb.ErrorCode_ERROR_CODE_CONFLICT:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := len(n.records(action("team.update"))); won.Load() != 1 || got != 1 {
		t.Errorf("%d changes of one version, %d records", won.Load(), got)
	}
}

func TestE16_ObjectsAreForThoseWhoEditSettings(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	for _, row := range n.directoryRows(n.rep("ada")) {
		_, err := rob.config().ListObjects(t.Context(), connect.NewRequest(&apipb.ListObjectsRequest{Kind: row.kind}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
		_, err = rob.saveObject(t, row.fresh)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
		wantCode(t, rob.deleteObject(t, row.kind, "1", true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	}
}

func TestE16_TheRefusalNamesAllThatUsesAQueue(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	desk := ada.object(t, team("Front desk"))
	lobby := ada.object(t, queue("Lobby", desk.Id))
	printer := ada.object(t, issue("Printer", lobby.Id, true))
	shop := ada.object(t, buttonProfile("Shop", &apipb.ButtonProfile{Title: "Help", Queue: lobby.Id, MaxDays: 1}))
	err := ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_QUEUE, lobby.Id, true)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_IN_USE)
	if !strings.Contains(err.Error(), "Support Button profile “Shop”, issue “Printer”") {
		t.Error(err)
	}
	// What refers to it goes elsewhere or away; then it can go, too.
	printer.GetIssue().Queue = ada.object(t, queue("Hotline", desk.Id)).Id
	ada.object(t, printer)
	shop.GetButtonProfile().Queue = ""
	ada.object(t, shop)
	if err := ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_QUEUE, lobby.Id, true); err != nil {
		t.Error(err)
	}
}

// Whoever is faster: no queue is left without its team.
func TestE16_NothingRefersToWhatIsGone(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	for range 20 {
		desk := ada.object(t, team("Front desk"))
		var all sync.WaitGroup
		var removed, saved error
		all.Go(func() { removed = ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_TEAM, desk.Id, true) })
		all.Go(func() { _, saved = ada.saveObject(t, queue("Lobby", desk.Id)) })
		all.Wait()
		switch {
		case removed == nil:
			wantCode(t, saved, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
			continue
		case saved != nil:
			t.Fatalf("neither: %v, %v", removed, saved)
		}
		wantCode(t, removed, wirepb.ErrorCode_ERROR_CODE_IN_USE)
		lobby := ada.objects(t, apipb.ObjectKind_OBJECT_KIND_QUEUE)[0]
		if err := ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_QUEUE, lobby.Id, true); err != nil {
			t.Fatal(err)
		}
		if err := ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_TEAM, desk.Id, true); err != nil {
			t.Fatal(err)
		}
	}
}
