package store

// Object is what the objects that administrators set up have in common. A name
// is unique among those of one kind.
type Object struct {
	ID, Name, Note string
	Version        uint64 // counts changes; 0: not kept yet
}

// Use is something that refers to an object.
type Use struct{ Kind, Name string }

// maxUses is how many uses are told.
const maxUses = 5

// put keeps an object: a new one by insert, a change of the version that it has
// by update, which is ErrNotFound when another one stands. Both take id, name,
// note, version and what is more.
func (t *Tx) put(o Object, insert, update string, more ...any) error {
	args := append([]any{o.ID, o.Name, o.Note, o.Version}, more...)
	if o.Version == 0 {
		_, err := t.exec(insert, args...)
		return err
	}
	return t.one(update, args...)
}

// uses collects what refers to an object.
func (t *Tx) uses(query, id string) ([]Use, error) {
	return list(t.ctx, t.tx, func(r scanner) (Use, error) {
		var u Use
		err := r.Scan(&u.Kind, &u.Name)
		return u, err
	}, query, id, maxUses)
}
