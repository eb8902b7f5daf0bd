package store

import "context"

// Team is reps who work together.
type Team struct {
	Object
	Members []string // ids of accounts, sorted
}

// JumpGroup is who may reach the devices that are pinned to it.
type JumpGroup struct {
	Object
	Members []JumpMember // sorted by account
}

// JumpMember is a member of a jump group.
type JumpMember struct {
	Account string // id
	Pin     bool   // may pin devices to the group
}

// Teams lists the teams by name.
func (s *Store) Teams(ctx context.Context) ([]Team, error) {
	all, err := list(ctx, s.read, func(r scanner) (Team, error) {
		var m Team
		err := r.Scan(&m.ID, &m.Name, &m.Note, &m.Version)
		return m, err
	}, "SELECT id, name, note, version FROM teams ORDER BY name")
	for i := range all {
		if all[i].Members, err = list(ctx, s.read, scanText, "SELECT account FROM team_members WHERE team = $1 ORDER BY account", all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, err
}

// TeamsOf lists the ids of the teams that an account is in.
func (s *Store) TeamsOf(ctx context.Context, account string) ([]string, error) {
	return list(ctx, s.read, scanText, "SELECT team FROM team_members WHERE account = $1 ORDER BY team", account)
}

// InQueueTeam reports whether an account is in the team of a queue.
func (s *Store) InQueueTeam(ctx context.Context, queue, account string) (bool, error) {
	found, err := list(ctx, s.read, scanText,
		"SELECT m.team FROM team_members m JOIN queues q ON q.team = m.team WHERE q.id = $1 AND m.account = $2", queue, account)
	return len(found) > 0, err
}

// PutTeam keeps a team; see put for its errors.
func (t *Tx) PutTeam(m Team) error {
	if err := t.put(m.Object,
		"INSERT INTO teams (id, name, note, version) VALUES ($1, $2, $3, $4 + 1)",
		"UPDATE teams SET name = $2, note = $3, version = version + 1 WHERE id = $1 AND version = $4"); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM team_members WHERE team = $1", m.ID); err != nil {
		return err
	}
	for _, a := range m.Members {
		if _, err := t.exec("INSERT INTO team_members (team, account) VALUES ($1, $2)", m.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// RemoveTeam removes a team; ErrReference while something refers to it.
func (t *Tx) RemoveTeam(o Object) error {
	if _, err := t.exec("DELETE FROM team_members WHERE team = $1", o.ID); err != nil {
		return err
	}
	return t.one("DELETE FROM teams WHERE id = $1 AND version = $2", o.ID, o.Version)
}

// TeamUses lists some of what refers to a team.
func (t *Tx) TeamUses(id string) ([]Use, error) {
	return t.uses(`SELECT 'queue', name FROM queues WHERE team = $1
		UNION ALL SELECT 'invitation from', from_name FROM invitations WHERE team = $1 ORDER BY 1 DESC, 2 LIMIT $2`, id)
}

// JumpGroups lists the jump groups by name.
func (s *Store) JumpGroups(ctx context.Context) ([]JumpGroup, error) {
	all, err := list(ctx, s.read, func(r scanner) (JumpGroup, error) {
		var g JumpGroup
		err := r.Scan(&g.ID, &g.Name, &g.Note, &g.Version)
		return g, err
	}, "SELECT id, name, note, version FROM jump_groups ORDER BY name")
	for i := range all {
		if all[i].Members, err = list(ctx, s.read, func(r scanner) (JumpMember, error) {
			var m JumpMember
			var pin int64
			err := r.Scan(&m.Account, &pin)
			m.Pin = pin != 0
			return m, err
		}, "SELECT account, pin FROM jump_group_members WHERE jump_group = $1 ORDER BY account", all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, err
}

// PutJumpGroup keeps a jump group; see put for its errors.
func (t *Tx) PutJumpGroup(g JumpGroup) error {
	if err := t.put(g.Object,
		"INSERT INTO jump_groups (id, name, note, version) VALUES ($1, $2, $3, $4 + 1)",
		"UPDATE jump_groups SET name = $2, note = $3, version = version + 1 WHERE id = $1 AND version = $4"); err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM jump_group_members WHERE jump_group = $1", g.ID); err != nil {
		return err
	}
	for _, m := range g.Members {
		if _, err := t.exec("INSERT INTO jump_group_members (jump_group, account, pin) VALUES ($1, $2, $3)", g.ID, m.Account, number(m.Pin)); err != nil {
			return err
		}
	}
	return nil
}

// RemoveJumpGroup removes a jump group; ErrReference while something refers to it.
func (t *Tx) RemoveJumpGroup(o Object) error {
	if _, err := t.exec("DELETE FROM jump_group_members WHERE jump_group = $1", o.ID); err != nil {
		return err
	}
	return t.one("DELETE FROM jump_groups WHERE id = $1 AND version = $2", o.ID, o.Version)
}
