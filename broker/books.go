package broker

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/broker/keyring"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// Books is a data folder without its ports: for commands, also while a broker
// runs on the same folder.
type Books struct {
	data     string
	keys     *keyring.Keyring
	store    *store.Store
	audit    *audit.Log
	accounts *account.Service
}

// commandLine is who acts in the audit log.
const (
	commandLine     = "system"
	commandLineName = "command line"
)

// OpenBooks opens a data folder, which it makes where there is none.
func OpenBooks(ctx context.Context, data string, log *slog.Logger) (*Books, error) {
	k, err := keyring.Open(data)
	if err != nil {
		return nil, err
	}
	seal, err := k.FactorSeal()
	if err != nil {
		return nil, errors.Join(err, k.Close())
	}
	s, err := store.Open(ctx, filepath.Join(data, "broker.db"))
	if err != nil {
		return nil, errors.Join(err, k.Close())
	}
	a := audit.Open(s, func(store.Record) {})
	return &Books{data: data, keys: k, store: s, audit: a, accounts: account.New(s, a, seal, log, time.Now, "")}, nil
}

// Close closes the folder.
func (b *Books) Close() error {
	b.audit.Close()
	return errors.Join(b.store.Close(), b.keys.Close())
}

// CreateAccount adds an account. The first one has to be an administrator.
func (b *Books) CreateAccount(ctx context.Context, n account.NewAccount) (account.Principal, error) {
	p, err := b.accounts.Create(ctx, account.Actor{ID: commandLine, Name: commandLineName}, n)
	if errors.Is(err, store.ErrExists) {
		return p, fmt.Errorf("an account named %q: %w", n.Name, err)
	}
	if err != nil {
		return p, err
	}
	return p, b.keys.ForgetSetup()
}

// CreateEnrollment makes a token and the bundle that holds it. The address is
// that of the last broker on this folder where none is given. The floor is for
// machines that have no policy of their own; empty: none.
func (b *Books) CreateEnrollment(ctx context.Context, n fleet.NewToken, address, floor string) ([]byte, time.Time, error) {
	if _, err := policy.ParseBundled([]byte(floor)); err != nil {
		return nil, time.Time{}, err
	}
	if address == "" {
		var err error
		if address, err = b.keys.Address(); err != nil {
			return nil, time.Time{}, fmt.Errorf("address of the broker: run serve first or give one: %w", err)
		}
	}
	org, err := b.keys.Organisation()
	if err != nil {
		return nil, time.Time{}, err
	}
	if org == "" {
		if _, org, err = b.accounts.SetupDone(ctx); err != nil {
			return nil, time.Time{}, err
		}
	}
	token, expires, err := fleet.CreateToken(ctx, b.audit, commandLine, commandLineName, n, time.Now())
	if err != nil {
		return nil, time.Time{}, err
	}
	content, err := Bundle(b.keys, address, org, token, expires, floor)
	return content, expires, err
}

// JumpPlan finds a Jump Group and a jump policy by their names, for a token; an
// empty group is no plan.
func (b *Books) JumpPlan(ctx context.Context, group, jumpPolicy, tag string) (store.JumpPlan, error) {
	plan := store.JumpPlan{Tag: tag}
	if group == "" {
		if jumpPolicy != "" || tag != "" {
			return plan, errors.New("a jump policy or tag needs a Jump Group")
		}
		return plan, nil
	}
	groups, err := b.store.JumpGroups(ctx)
	if err != nil {
		return plan, err
	}
	for _, g := range groups {
		if g.Name == group {
			plan.Group = g.ID
		}
	}
	policies, err := b.store.JumpPolicies(ctx)
	if err != nil {
		return plan, err
	}
	for _, p := range policies {
		if p.Name == jumpPolicy {
			plan.Policy = p.ID
		}
	}
	switch {
	case plan.Group == "":
		return plan, fmt.Errorf("a Jump Group named %q: %w", group, store.ErrNotFound)
	case jumpPolicy != "" && plan.Policy == "":
		return plan, fmt.Errorf("a jump policy named %q: %w", jumpPolicy, store.ErrNotFound)
	}
	return plan, nil
}

// Devices lists the enrolled devices.
func (b *Books) Devices(ctx context.Context) ([]store.Device, error) { return b.store.Devices(ctx) }

// RevokeDevice revokes a device; a broker that runs cuts its link.
func (b *Books) RevokeDevice(ctx context.Context, id string) error {
	err := fleet.Revoke(ctx, b.store, b.audit, commandLine, commandLineName, id, time.Now())
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		return fmt.Errorf("device %s: %w", id, err)
	}
	return err
}

// VerifyAudit checks the audit log against its checkpoints and returns its last
// record. An empty file is the one in the data folder.
func (b *Books) VerifyAudit(ctx context.Context, checkpoints string) (store.Record, int, error) {
	if checkpoints == "" {
		checkpoints = filepath.Join(b.data, checkpointsFile)
	}
	found, err := audit.ReadCheckpoints(checkpoints, b.keys.Audit.Public().(ed25519.PublicKey)) // of an ed25519 key
	if err != nil {
		return store.Record{}, 0, err
	}
	last, err := audit.Verify(ctx, b.store, found...)
	return last, len(found), err
}

// VerifySummaries holds the endpoints' own accounts of sessions in the audit log against
// the endpoints' keys and each other.
func (b *Books) VerifySummaries(ctx context.Context) (desk.Summaries, error) {
	return desk.VerifySummaries(ctx, b.store)
}

// checkpointsFile is where checkpoints of the audit log go in the data folder,
// unless they are sent elsewhere.
const checkpointsFile = "checkpoints"
