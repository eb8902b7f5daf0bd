package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"strings"
)

// SessionPolicy is what somebody invited under it may do in a session.
type SessionPolicy struct {
	Object
	Capabilities []string // names of package policy
}

// ButtonProfile is how a Support Button looks and works.
type ButtonProfile struct {
	Object
	Title    string // what the customer reads on it
	Queue    string // id, that it leads to; empty: the rep who deploys it chooses
	AllUsers bool   // of the machine, or the one in front
	MaxDays  uint32 // that a button may last
	Icon     []byte // PNG; empty: one of the colour
	Colour   string // "#rrggbb", of an icon that is not given
	Greeting string // what the customer reads after using it
	Form     bool   // who uses it fills in the request form
}

// SessionPolicies lists the session policies by name.
func (s *Store) SessionPolicies(ctx context.Context) ([]SessionPolicy, error) {
	return list(ctx, s.read, func(r scanner) (SessionPolicy, error) {
		var p SessionPolicy
		var capabilities string
		err := r.Scan(&p.ID, &p.Name, &p.Note, &p.Version, &capabilities)
		p.Capabilities = strings.Fields(capabilities)
		return p, err
	}, "SELECT id, name, note, version, capabilities FROM session_policies ORDER BY name")
}

// PutSessionPolicy keeps a session policy; see put for its errors.
func (t *Tx) PutSessionPolicy(p SessionPolicy) error {
	return t.put(p.Object,
		"INSERT INTO session_policies (id, name, note, version, capabilities) VALUES ($1, $2, $3, $4 + 1, $5)",
		"UPDATE session_policies SET name = $2, note = $3, version = version + 1, capabilities = $5 WHERE id = $1 AND version = $4",
		strings.Join(p.Capabilities, " "))
}

// RemoveSessionPolicy removes a session policy; ErrReference while something
// refers to it.
func (t *Tx) RemoveSessionPolicy(o Object) error {
	return t.one("DELETE FROM session_policies WHERE id = $1 AND version = $2", o.ID, o.Version)
}

// ButtonProfiles lists the profiles of Support Buttons by name.
func (s *Store) ButtonProfiles(ctx context.Context) ([]ButtonProfile, error) {
	return list(ctx, s.read, func(r scanner) (ButtonProfile, error) {
		var p ButtonProfile
		var queue sql.NullString
		var all, form int64
		var icon string
		err := r.Scan(&p.ID, &p.Name, &p.Note, &p.Version, &p.Title, &queue, &all, &p.MaxDays, &icon, &p.Colour, &p.Greeting, &form)
		p.Queue, p.AllUsers, p.Form = queue.String, all != 0, form != 0
		if err == nil && icon != "" {
			p.Icon, err = base64.StdEncoding.DecodeString(icon)
		}
		return p, err
	}, "SELECT id, name, note, version, title, queue, all_users, max_days, icon, colour, greeting, form FROM button_profiles ORDER BY name")
}

// PutButtonProfile keeps a profile; see put for its errors. ErrReference: no such
// queue.
func (t *Tx) PutButtonProfile(p ButtonProfile) error {
	return t.put(p.Object,
		`INSERT INTO button_profiles (id, name, note, version, title, queue, all_users, max_days, icon, colour, greeting, form)
			VALUES ($1, $2, $3, $4 + 1, $5, $6, $7, $8, $9, $10, $11, $12)`,
		`UPDATE button_profiles SET name = $2, note = $3, version = version + 1, title = $5, queue = $6, all_users = $7, max_days = $8,
			icon = $9, colour = $10, greeting = $11, form = $12 WHERE id = $1 AND version = $4`,
		p.Title, sql.NullString{String: p.Queue, Valid: p.Queue != ""}, number(p.AllUsers), p.MaxDays,
		base64.StdEncoding.EncodeToString(p.Icon), p.Colour, p.Greeting, number(p.Form))
}

// RemoveButtonProfile removes a profile; ErrReference while something refers to it.
func (t *Tx) RemoveButtonProfile(o Object) error {
	return t.one("DELETE FROM button_profiles WHERE id = $1 AND version = $2", o.ID, o.Version)
}
