package store

import "context"

// Queue is a waiting place of a team.
type Queue struct {
	Object
	Team     string // id
	Fallback bool   // sessions without an owner wait here that waited nowhere before; one queue at most
}

// Issue is a type of problem; what is asked under it lands in its queue.
type Issue struct {
	Object
	Queue string // id
	Help  bool   // reps may ask for help under it
}

// Queues lists the queues by name.
func (s *Store) Queues(ctx context.Context) ([]Queue, error) {
	return list(ctx, s.read, func(r scanner) (Queue, error) {
		var q Queue
		err := r.Scan(&q.ID, &q.Name, &q.Note, &q.Version, &q.Team, &q.Fallback)
		return q, err
	}, "SELECT id, name, note, version, team, fallback FROM queues ORDER BY name")
}

// PutQueue keeps a queue; see put for its errors. ErrReference: no such team. A new
// fallback queue takes the place of the one before.
func (t *Tx) PutQueue(q Queue) error {
	if err := t.put(q.Object,
		"INSERT INTO queues (id, name, note, version, team, fallback) VALUES ($1, $2, $3, $4 + 1, $5, $6)",
		"UPDATE queues SET name = $2, note = $3, version = version + 1, team = $5, fallback = $6 WHERE id = $1 AND version = $4",
		q.Team, bit(q.Fallback)); err != nil || !q.Fallback {
		return err
	}
	_, err := t.exec("UPDATE queues SET fallback = 0, version = version + 1 WHERE fallback <> 0 AND id <> $1", q.ID)
	return err
}

// RemoveQueue removes a queue; ErrReference while something refers to it.
func (t *Tx) RemoveQueue(o Object) error {
	return t.one("DELETE FROM queues WHERE id = $1 AND version = $2", o.ID, o.Version)
}

// QueueUses lists some of what refers to a queue.
func (t *Tx) QueueUses(id string) ([]Use, error) {
	return t.uses(`SELECT 'issue', name FROM issues WHERE queue = $1
		UNION ALL SELECT 'Support Button profile', name FROM button_profiles WHERE queue = $1
		UNION ALL SELECT 'Support Button', hostname FROM buttons JOIN devices ON devices.id = buttons.device WHERE queue = $1
		UNION ALL SELECT 'installer', k.note FROM button_plans p JOIN enrollment_tokens k ON k.id = p.token
			WHERE p.queue = $1 AND k.revoked_at = 0 AND k.used < k.uses
		UNION ALL SELECT 'session that waits in it', device_name FROM sessions WHERE queue = $1 AND ended_at = 0 ORDER BY 1, 2 LIMIT $2`, id)
}

// Issues lists the issues by name.
func (s *Store) Issues(ctx context.Context) ([]Issue, error) {
	return list(ctx, s.read, func(r scanner) (Issue, error) {
		var i Issue
		var help int64
		err := r.Scan(&i.ID, &i.Name, &i.Note, &i.Version, &i.Queue, &help)
		i.Help = help != 0
		return i, err
	}, "SELECT id, name, note, version, queue, request_help FROM issues ORDER BY name")
}

// PutIssue keeps an issue; see put for its errors. ErrReference: no such queue.
func (t *Tx) PutIssue(i Issue) error {
	return t.put(i.Object,
		"INSERT INTO issues (id, name, note, version, queue, request_help) VALUES ($1, $2, $3, $4 + 1, $5, $6)",
		"UPDATE issues SET name = $2, note = $3, version = version + 1, queue = $5, request_help = $6 WHERE id = $1 AND version = $4",
		i.Queue, number(i.Help))
}

// RemoveIssue removes an issue; ErrReference while something refers to it.
func (t *Tx) RemoveIssue(o Object) error {
	return t.one("DELETE FROM issues WHERE id = $1 AND version = $2", o.ID, o.Version)
}
