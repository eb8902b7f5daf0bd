package store

import (
	"context"
	"time"
)

// Button is a Support Button of a device.
type Button struct {
	ID          string // hex
	Device      string
	Profile     string // id
	Queue       string // id
	Description string // for reps
	User        string // whose desktop has it; empty: that of everybody at the device
	CreatedAt   time.Time
	CreatedBy   string // actor, as in the audit log
	ByName      string
	ExpiresAt   time.Time
}

// ButtonSet is what a device was told of its buttons, and what it says of them.
type ButtonSet struct {
	Device   string
	Version  uint64 // 0: it was never told of any
	Hash     string // of what was told
	Reported uint64
	LaidOut  bool
	Problem  string
}

// ButtonPlan makes a button for each device that enrolls with a token.
type ButtonPlan struct {
	Token       string // id
	Profile     string
	Queue       string
	Description string
	Lasts       time.Duration
}

const buttonColumns = "id, device, profile, queue, description, user_name, created_at, created_by, by_name, expires_at"

func scanButton(r scanner) (Button, error) {
	var b Button
	var created, expires int64
	err := r.Scan(&b.ID, &b.Device, &b.Profile, &b.Queue, &b.Description, &b.User, &created, &b.CreatedBy, &b.ByName, &expires)
	b.CreatedAt, b.ExpiresAt = fromMillis(created), fromMillis(expires)
	return b, notFound(err)
}

// Button finds a button.
func (s *Store) Button(ctx context.Context, id string) (Button, error) {
	return scanButton(s.read.QueryRowContext(ctx, "SELECT "+buttonColumns+" FROM buttons WHERE id = $1", id))
}

// Buttons lists the buttons of a device, the oldest first.
func (s *Store) Buttons(ctx context.Context, device string) ([]Button, error) {
	return list(ctx, s.read, scanButton, "SELECT "+buttonColumns+" FROM buttons WHERE device = $1 ORDER BY created_at, id", device)
}

// ButtonDevices lists the devices that have a button of a profile.
func (s *Store) ButtonDevices(ctx context.Context, profile string) ([]string, error) {
	return list(ctx, s.read, scanText, "SELECT DISTINCT device FROM buttons WHERE profile = $1", profile)
}

// AddButton adds a button; ErrReference: no such profile or queue.
func (t *Tx) AddButton(b Button) error {
	_, err := t.exec("INSERT INTO buttons ("+buttonColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		b.ID, b.Device, b.Profile, b.Queue, b.Description, b.User, toMillis(b.CreatedAt), b.CreatedBy, b.ByName, toMillis(b.ExpiresAt))
	return err
}

// RemoveButton removes a button.
func (t *Tx) RemoveButton(id string) error { return t.one("DELETE FROM buttons WHERE id = $1", id) }

// ButtonCount is how many buttons a device has.
func (t *Tx) ButtonCount(device string) (n int, err error) {
	err = t.tx.QueryRowContext(t.ctx, "SELECT COUNT(*) FROM buttons WHERE device = $1", device).Scan(&n)
	return n, err
}

// ButtonSet is what a device was told; the zero set where it never was.
func (s *Store) ButtonSet(ctx context.Context, device string) (ButtonSet, error) {
	all, err := list(ctx, s.read, func(r scanner) (ButtonSet, error) {
		var b ButtonSet
		var laid int64
		err := r.Scan(&b.Device, &b.Version, &b.Hash, &b.Reported, &laid, &b.Problem)
		b.LaidOut = laid != 0
		return b, err
	}, "SELECT device, version, hash, reported, laid_out, problem FROM button_sets WHERE device = $1", device)
	if err != nil || len(all) == 0 {
		return ButtonSet{Device: device}, err
	}
	return all[0], nil
}

// PutButtonSet keeps what a device was told.
func (t *Tx) PutButtonSet(b ButtonSet) error {
	_, err := t.exec(`INSERT INTO button_sets (device, version, hash, reported, laid_out, problem) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (device) DO UPDATE SET version = $2, hash = $3, reported = $4, laid_out = $5, problem = $6`,
		b.Device, b.Version, b.Hash, b.Reported, bit(b.LaidOut), b.Problem)
	return err
}

// AddButtonPlan keeps the plan of a token.
func (t *Tx) AddButtonPlan(p ButtonPlan) error {
	_, err := t.exec("INSERT INTO button_plans (token, profile, queue, description, lasts) VALUES ($1, $2, $3, $4, $5)",
		p.Token, p.Profile, p.Queue, p.Description, p.Lasts.Milliseconds())
	return err
}

// ButtonPlan finds the plan of a token.
func (t *Tx) ButtonPlan(token string) (ButtonPlan, error) {
	p := ButtonPlan{Token: token}
	var lasts int64
	err := t.tx.QueryRowContext(t.ctx, "SELECT profile, queue, description, lasts FROM button_plans WHERE token = $1", token).
		Scan(&p.Profile, &p.Queue, &p.Description, &lasts)
	p.Lasts = time.Duration(lasts) * time.Millisecond
	return p, notFound(err)
}

// ButtonProfileUses lists some of what refers to a profile.
func (t *Tx) ButtonProfileUses(id string) ([]Use, error) {
	return t.uses(`SELECT 'Support Button', hostname FROM buttons JOIN devices ON devices.id = buttons.device WHERE profile = $1
		UNION ALL SELECT 'installer', k.note FROM button_plans p JOIN enrollment_tokens k ON k.id = p.token
			WHERE p.profile = $1 AND k.revoked_at = 0 AND k.used < k.uses ORDER BY 1, 2 LIMIT $2`, id)
}
