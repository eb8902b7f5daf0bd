package button

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

// Plan checks what an installer is to put on each device that enrolls with it, and
// returns how it is kept with the installer's token.
func (k *Keeper) Plan(ctx context.Context, w Wish) (func(tx *store.Tx, token string) error, string, error) {
	p, q, err := k.check(ctx, &w)
	if err != nil {
		return nil, "", err
	}
	keep := func(tx *store.Tx, token string) error {
		return tx.AddButtonPlan(store.ButtonPlan{Token: token, Profile: w.Profile, Queue: w.Queue, Description: w.Description, Lasts: w.Lasts})
	}
	return keep, fmt.Sprintf(" button=%q queue=%q lasts=%s", p.Name, q.Name, w.Lasts), nil
}

// Install makes the button of an installer on a device that has just enrolled; its
// time begins now, however long the installer itself goes on.
func Install(tx *store.Tx, token store.Token, device string, now time.Time) error {
	p, err := tx.ButtonPlan(token.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("button of the installer: %w", err)
	}
	return add(tx, made(now, device, p, token.CreatedBy, token.ByName))
}
