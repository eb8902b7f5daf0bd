package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// kind is what objects of one kind have of their own.
type kind[T any] struct {
	name   string // in the audit log
	title  string // for people
	refers string // the field that names other objects
	keys   []string
	head   func(*T) *store.Object
	check  func(*T) error // brings it into its own form
	list   func(*store.Store, context.Context) ([]T, error)
	put    func(*store.Tx, T) error
	remove func(*store.Tx, store.Object) error
	uses   func(*store.Tx, string) ([]store.Use, error) // nil: nothing refers to it
	fields func(T, names) map[string]string             // by keys, as the audit log tells them
}

// names tells what ids stand for.
type names map[string]string

func (n names) of(id string) string {
	if name, ok := n[id]; ok {
		return name
	}
	return id
}

// names collects those of accounts, teams and queues.
func (o *Objects[T]) names(ctx context.Context) (names, error) {
	n := names{}
	reps, err := o.conf.Store.Accounts(ctx)
	for _, a := range reps {
		n[a.ID] = a.Name
	}
	if err != nil {
		return n, err
	}
	all, err := o.conf.Store.Teams(ctx)
	for _, m := range all {
		n[m.ID] = m.Name
	}
	if err != nil {
		return n, err
	}
	waiting, err := o.conf.Store.Queues(ctx)
	for _, q := range waiting {
		n[q.ID] = q.Name
	}
	return n, err
}

func teams() kind[store.Team] {
	return kind[store.Team]{
		name: "team", title: "team", refers: "members", keys: []string{"members"},
		head: func(m *store.Team) *store.Object { return &m.Object },
		check: func(m *store.Team) error {
			m.Members = slices.Clone(m.Members)
			slices.Sort(m.Members)
			m.Members = slices.Compact(m.Members)
			return atMost(len(m.Members))
		},
		list: (*store.Store).Teams, put: (*store.Tx).PutTeam, remove: (*store.Tx).RemoveTeam, uses: (*store.Tx).TeamUses,
		fields: func(m store.Team, n names) map[string]string {
			var all []string
			for _, a := range m.Members {
				all = append(all, n.of(a))
			}
			return map[string]string{"members": sorted(all)}
		},
	}
}

func queues() kind[store.Queue] {
	return kind[store.Queue]{
		name: "queue", title: "queue", refers: "team", keys: []string{"team", "fallback"},
		head:  func(q *store.Queue) *store.Object { return &q.Object },
		check: func(q *store.Queue) error { return needed("team", q.Team) },
		list:  (*store.Store).Queues, put: (*store.Tx).PutQueue, remove: (*store.Tx).RemoveQueue, uses: (*store.Tx).QueueUses,
		fields: func(q store.Queue, n names) map[string]string {
			return map[string]string{"team": n.of(q.Team), "fallback": strconv.FormatBool(q.Fallback)}
		},
	}
}

func issues() kind[store.Issue] {
	return kind[store.Issue]{
		name: "issue", title: "issue", refers: "queue", keys: []string{"queue", "request_help"},
		head:  func(i *store.Issue) *store.Object { return &i.Object },
		check: func(i *store.Issue) error { return needed("queue", i.Queue) },
		list:  (*store.Store).Issues, put: (*store.Tx).PutIssue, remove: (*store.Tx).RemoveIssue,
		fields: func(i store.Issue, n names) map[string]string {
			return map[string]string{"queue": n.of(i.Queue), "request_help": strconv.FormatBool(i.Help)}
		},
	}
}

func jumpGroups() kind[store.JumpGroup] {
	return kind[store.JumpGroup]{
		name: "jump_group", title: "Jump Group", refers: "members", keys: []string{"members"},
		head: func(g *store.JumpGroup) *store.Object { return &g.Object },
		check: func(g *store.JumpGroup) error {
			g.Members = slices.Clone(g.Members)
			slices.SortFunc(g.Members, func(a, b store.JumpMember) int { return strings.Compare(a.Account, b.Account) })
			for i := range g.Members {
				if i > 0 && g.Members[i].Account == g.Members[i-1].Account {
					return &account.FieldError{Field: "members", Detail: "name every member once"}
				}
			}
			return atMost(len(g.Members))
		},
		list: (*store.Store).JumpGroups, put: (*store.Tx).PutJumpGroup, remove: (*store.Tx).RemoveJumpGroup, uses: (*store.Tx).JumpGroupUses,
		fields: func(g store.JumpGroup, n names) map[string]string {
			var all []string
			for _, m := range g.Members {
				name := n.of(m.Account)
				if m.Pin {
					name += " (may pin)"
				}
				all = append(all, name)
			}
			return map[string]string{"members": sorted(all)}
		},
	}
}

func sessionPolicies() kind[store.SessionPolicy] {
	return kind[store.SessionPolicy]{
		name: "session_policy", title: "session policy", refers: "capabilities", keys: []string{"capabilities"},
		head: func(p *store.SessionPolicy) *store.Object { return &p.Object },
		check: func(p *store.SessionPolicy) error {
			all, err := policy.CheckCapabilities(p.Capabilities)
			if errors.Is(err, policy.ErrCapabilities) {
				return &account.FieldError{Field: "capabilities", Detail: strings.TrimPrefix(err.Error(), policy.ErrCapabilities.Error()+": ")}
			}
			p.Capabilities = nil
			for _, c := range all {
				p.Capabilities = append(p.Capabilities, string(c))
			}
			return err
		},
		list: (*store.Store).SessionPolicies, put: (*store.Tx).PutSessionPolicy, remove: (*store.Tx).RemoveSessionPolicy,
		uses: (*store.Tx).SessionPolicyUses,
		fields: func(p store.SessionPolicy, _ names) map[string]string {
			return map[string]string{"capabilities": strings.Join(p.Capabilities, ", ")}
		},
	}
}

func buttonProfiles() kind[store.ButtonProfile] {
	return kind[store.ButtonProfile]{
		name: "button_profile", title: "Support Button profile", refers: "queue", keys: []string{"title", "queue", "all_users", "max_days", "icon", "colour", "greeting", "form"},
		head: func(p *store.ButtonProfile) *store.Object { return &p.Object },
		check: func(p *store.ButtonProfile) error {
			p.Title, p.Greeting = strings.TrimSpace(p.Title), strings.TrimSpace(p.Greeting)
			_, colour := button.ParseColour(p.Colour)
			switch {
			case p.Title != text.Line(p.Title, maxTitle) || !wire.GoodButtonTitle(p.Title):
				return &account.FieldError{Field: "title", Detail: fmt.Sprintf("say in up to %d bytes what stands on the button", maxTitle)}
			case p.MaxDays == 0 || p.MaxDays > maxDays:
				return &account.FieldError{Field: "max_days", Detail: fmt.Sprintf("use 1 to %d days", maxDays)}
			case p.Greeting != text.Body(p.Greeting) || !wire.GoodButtonGreeting(p.Greeting):
				return &account.FieldError{Field: "greeting", Detail: fmt.Sprintf("use up to %d bytes that print", wire.MaxButtonGreeting)}
			case colour != nil:
				return &account.FieldError{Field: "colour", Detail: "write it as #rrggbb"}
			case len(p.Icon) > 0 && wire.GoodButtonIcon(p.Icon) != nil:
				return &account.FieldError{Field: "icon", Detail: fmt.Sprintf("use a PNG of at most %d pixels a side and %d KiB", wire.MaxButtonSide, wire.MaxButtonIcon>>10)}
			default:
				return nil
			}
		},
		list: (*store.Store).ButtonProfiles, put: (*store.Tx).PutButtonProfile, remove: (*store.Tx).RemoveButtonProfile, uses: (*store.Tx).ButtonProfileUses,
		fields: func(p store.ButtonProfile, n names) map[string]string {
			return map[string]string{
				"title": p.Title, "queue": n.of(p.Queue), "all_users": strconv.FormatBool(p.AllUsers), "max_days": strconv.Itoa(int(p.MaxDays)),
				"icon": fingerprint(p.Icon), "colour": p.Colour, "greeting": p.Greeting, "form": strconv.FormatBool(p.Form),
			}
		},
	}
}

// fingerprint tells one icon from another; empty: there is none.
func fingerprint(icon []byte) string {
	if len(icon) == 0 {
		return ""
	}
	h := sha256.Sum256(icon)
	return hex.EncodeToString(h[:8])
}

func atMost(members int) error {
	if members > maxMembers {
		return &account.FieldError{Field: "members", Detail: fmt.Sprintf("at most %d members", maxMembers)}
	}
	return nil
}

func needed(field, id string) error {
	if id == "" {
		return &account.FieldError{Field: field, Detail: "choose a " + field}
	}
	return nil
}

func sorted(all []string) string {
	slices.Sort(all)
	return strings.Join(all, ", ")
}
