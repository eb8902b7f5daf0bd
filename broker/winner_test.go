package broker

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A thousand reps of a team accept its one invitation at the same time, each over the
// API with a sign-in of their own, on a real database.
func TestO9_OneWinnerOfAThousand(t *testing.T) {
	const reps = 1000
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	crowd := make([]*client, reps)
	members := make([]string, reps)
	if err := n.b.store.Update(t.Context(), func(tx *store.Tx) error {
		for i := range crowd {
			name := fmt.Sprintf("rep%04d", i)
			r := store.Account{ID: account.NewID(), Name: name, DisplayName: name, CreatedAt: n.now(), Roles: []store.Role{{ID: policy.Representative}}}
			if err := tx.AddAccount(r); err != nil {
				return err
			}
			secret := account.NewSecret()
			if err := tx.AddWebSession(store.WebSession{
				ID: account.NewID(), Token: account.HashSecret(secret), Account: r, CreatedAt: n.now(), SeenAt: n.now(),
			}); err != nil {
				return err
			}
			crowd[i], members[i] = n.visitor(), r.ID
			crowd[i].cookie = secret.Reveal()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	team, _, _ := n.team(ada, "Crowd", members...)
	crowd[0].open(t) // somebody is to be there
	s := a.active(rob)
	i := rob.mustInvite(t, s.Id, teamID(team), false)
	results := make([]wirepb.ErrorCode, reps)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for k, c := range crowd {
		wg.Go(func() {
			<-start
			if _, err := c.accept(i.Id); err != nil {
				if results[k] = code(err); results[k] != wirepb.ErrorCode_ERROR_CODE_ALREADY_TAKEN {
					t.Error(err)
				}
			}
		})
	}
	close(start)
	wg.Wait()
	won := slices.Index(results, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
	losers := 0
	for _, r := range results {
		if r == wirepb.ErrorCode_ERROR_CODE_ALREADY_TAKEN {
			losers++
		}
	}
	if won < 0 || losers != reps-1 {
		t.Fatalf("%d were told that another was first", losers)
	}
	if got := rob.get(t, s.Id).Participants; len(got) != 2 || got[1].RepId != members[won] {
		t.Fatalf("%v", got)
	}
	if got := n.records(action("session.join")); len(got) != 1 {
		t.Fatalf("%d joins are recorded", len(got))
	}
}
