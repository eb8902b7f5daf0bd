package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/fleet"
)

// InstallerButton is the Support Button that each device gets which enrolls with a
// bundle, by the names of its profile and queue; no Queue is that of the profile.
type InstallerButton struct {
	Profile, Queue, Description string
	Lasts                       time.Duration // from the enrollment on; 0: as long as the profile allows
}

// WithButton puts a button into what a token is for.
func (b *Books) WithButton(ctx context.Context, n fleet.NewToken, i InstallerButton) (fleet.NewToken, error) {
	k := button.New(button.Config{Store: b.store, Audit: b.audit, Now: time.Now})
	profiles, queues, err := k.Options(ctx)
	if err != nil {
		return n, err
	}
	w := button.Wish{Description: i.Description, Lasts: i.Lasts}
	for _, p := range profiles {
		if p.Name == i.Profile {
			w.Profile = p.ID
			if w.Lasts == 0 {
				w.Lasts = time.Duration(p.MaxDays) * 24 * time.Hour
			}
		}
	}
	for _, q := range queues {
		if q.Name == i.Queue {
			w.Queue = q.ID
		}
	}
	if w.Queue == "" && i.Queue != "" {
		return n, fmt.Errorf("no queue is called %q", i.Queue)
	}
	if n.Also, n.Told, err = k.Plan(ctx, w); err != nil {
		return n, fmt.Errorf("button: %w", err)
	}
	return n, nil
}
