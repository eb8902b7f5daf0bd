package recording

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// KeyFile keeps the broker's private keys of recordings; package keyring is it.
type KeyFile interface {
	RecordingKeys(generate func() (string, error)) (string, error)
	AddRecordingKey(there string, generate func() (string, error)) (string, error)
}

// ownName is the name of the broker's recipient.
const ownName = "This broker"

// maxRecipients bounds what every file of a recording carries.
const maxRecipients = 20

func generate() (string, error) {
	k, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	return k.String(), nil
}

// identities are the broker's private keys.
func (s *Service) identities() ([]age.Identity, error) {
	b, err := s.conf.Keys.RecordingKeys(generate)
	if err != nil {
		return nil, err
	}
	return ParseIdentities(b)
}

// ParseIdentities reads private keys, one a line.
func ParseIdentities(b string) ([]age.Identity, error) {
	k, err := age.ParseIdentities(strings.NewReader(b))
	if err != nil {
		// Not what age says: it quotes the line.
		return nil, errors.New("recording key: not a file of age identities")
	}
	return k, nil
}

// ensureOwn makes the broker a recipient where it never was one.
func (s *Service) ensureOwn(ctx context.Context) error {
	all, err := s.conf.Store.Recipients(ctx)
	if err != nil || slices.ContainsFunc(all, func(r store.Recipient) bool { return r.Own }) {
		return err
	}
	b, err := s.conf.Keys.RecordingKeys(generate)
	if err != nil {
		return err
	}
	_, err = s.addOwn(ctx, system, systemName, b)
	if errors.Is(err, store.ErrExists) {
		return nil // a command beside this process was first
	}
	return err
}

// addOwn makes the newest of the broker's keys a recipient.
func (s *Service) addOwn(ctx context.Context, actor, name, keys string) (store.Recipient, error) {
	lines := strings.Fields(keys)
	if len(lines) == 0 {
		return store.Recipient{}, errors.New("recording key: the file is empty")
	}
	k, err := age.ParseX25519Identity(lines[len(lines)-1])
	if err != nil {
		return store.Recipient{}, errors.New("recording key: not an age identity")
	}
	return s.add(ctx, actor, name, store.Recipient{Key: k.Recipient().String(), Name: ownName, Own: true})
}

// Rotate gives the broker a new key and retires its old ones, which stay for what
// was recorded with them.
func (s *Service) Rotate(ctx context.Context, actor, name string) (store.Recipient, error) {
	there, err := s.conf.Keys.RecordingKeys(generate)
	if err != nil {
		return store.Recipient{}, err
	}
	all, err := s.conf.Store.Recipients(ctx)
	if err != nil {
		return store.Recipient{}, err
	}
	if there, err = s.conf.Keys.AddRecordingKey(there, generate); err != nil {
		return store.Recipient{}, err
	}
	added, err := s.addOwn(ctx, actor, name, there)
	if err != nil {
		return added, err
	}
	for _, r := range all {
		if r.Own && r.RetiredAt.IsZero() {
			if err := s.retire(ctx, actor, name, r); err != nil {
				return added, err
			}
		}
	}
	return added, nil
}

// Recipients lists all recipients, retired ones too.
func (s *Service) Recipients(ctx context.Context) ([]store.Recipient, error) {
	return s.conf.Store.Recipients(ctx)
}

// AddRecipient adds a key that recordings are encrypted to from now on.
func (s *Service) AddRecipient(ctx context.Context, p account.Principal, name, key string) (store.Recipient, error) {
	name = text.Name(name)
	if name == "" {
		return store.Recipient{}, &account.FieldError{Field: "name", Detail: "say whose key it is"}
	}
	k, err := age.ParseX25519Recipient(strings.TrimSpace(key))
	if err != nil {
		return store.Recipient{}, &account.FieldError{Field: "key", Detail: "this is not the public key of age-keygen (age1…)"}
	}
	all, err := s.conf.Store.Recipients(ctx)
	if err != nil {
		return store.Recipient{}, err
	}
	if len(active(all)) >= maxRecipients {
		return store.Recipient{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFLICT, "there are as many keys as there may be; retire one first")
	}
	r, err := s.add(ctx, p.Actor(), p.DisplayName, store.Recipient{Key: k.String(), Name: name})
	if errors.Is(err, store.ErrExists) {
		err = &account.FieldError{Field: "key", Detail: "it is in the list already"}
	}
	return r, err
}

func (s *Service) add(ctx context.Context, actor, name string, r store.Recipient) (store.Recipient, error) {
	r.ID, r.AddedAt = account.NewID(), s.conf.Now()
	_, err := s.conf.Audit.Append(ctx, store.Record{
		At: r.AddedAt, Actor: actor, ActorName: name, Action: "recipient.add", Object: "recipient:" + r.ID, ObjectName: r.Name,
		Result: audit.OK, Detail: "key: → " + r.Key,
	}, func(tx *store.Tx) error { return tx.AddRecipient(r) })
	s.changed()
	return r, err
}

// RetireRecipient ends what a key is given. One has to stay.
func (s *Service) RetireRecipient(ctx context.Context, p account.Principal, id string) error {
	all, err := s.conf.Store.Recipients(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r store.Recipient) bool { return r.ID == id && r.RetiredAt.IsZero() })
	if i < 0 {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such key")
	}
	return s.retire(ctx, p.Actor(), p.DisplayName, all[i])
}

func (s *Service) retire(ctx context.Context, actor, name string, r store.Recipient) error {
	_, err := s.conf.Audit.Append(ctx, store.Record{
		At: s.conf.Now(), Actor: actor, ActorName: name, Action: "recipient.retire", Object: "recipient:" + r.ID, ObjectName: r.Name,
		Result: audit.OK, Detail: "key: " + r.Key + " →",
	}, func(tx *store.Tx) error { return tx.RetireRecipient(r.ID, s.conf.Now()) })
	if errors.Is(err, store.ErrNotFound) {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_IN_USE, "recordings need a key; add another one first")
	}
	s.changed()
	return err
}

func active(all []store.Recipient) []store.Recipient {
	var now []store.Recipient
	for _, r := range all {
		if r.RetiredAt.IsZero() {
			now = append(now, r)
		}
	}
	return now
}

// recipients are those of the next file.
func (s *Service) recipients(ctx context.Context) ([]age.Recipient, error) {
	all, err := s.conf.Store.Recipients(ctx)
	if err != nil {
		return nil, fmt.Errorf("recipients: %w", err)
	}
	var to []age.Recipient
	for _, r := range active(all) {
		k, err := age.ParseX25519Recipient(r.Key)
		if err != nil {
			return nil, fmt.Errorf("recipient %s: %w", r.ID, err)
		}
		to = append(to, k)
	}
	if len(to) == 0 {
		return nil, errors.New("recordings have no recipient")
	}
	return to, nil
}

// changed tells consoles to read the list again.
func (s *Service) changed() {
	if s.conf.Hub != nil {
		s.conf.Hub.Publish(live.Change{List: "recordings"})
	}
}
