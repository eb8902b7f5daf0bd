//go:build linux

package test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/test/bed"
)

// TestD26_KilledBrokerLosesNoAcknowledgedRecord: whatever a rep was told is in
// the audit log, however often the broker was killed under load.
func TestD26_KilledBrokerLosesNoAcknowledgedRecord(t *testing.T) {
	const (
		kills   = 50
		callers = 8
		most    = 60 // acknowledged calls before a kill
	)
	ctx, cancel := context.WithTimeoutCause(t.Context(), testTimeout, errors.New("the test took too long"))
	defer cancel()
	seed := mathrand.Uint64()
	t.Logf("seed %d", seed)
	dice := mathrand.New(mathrand.NewPCG(seed, 0))
	data := filepath.Join(t.TempDir(), "data")
	b, err := bed.NewBroker(ctx, bed.BrokerOptions{Program: filepath.Join(programs, "alongside-broker"), Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { b.Kill() }()
	const password = "a password for tests"
	if err := b.AddRep(ctx, "ada", "Ada Admin", password, true); err != nil {
		t.Fatal(err)
	}
	rep, err := b.SignIn(ctx, "ada", password)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for range kills {
		told = append(told, untilKilled(ctx, t, b, rep, callers, 1+dice.IntN(most))...)
		if err := b.Restart(ctx); err != nil {
			t.Fatal(err)
		}
	}
	b.Kill()
	out, err := b.VerifyAudit(ctx)
	if err != nil {
		t.Fatalf("audit chain: %v", err)
	}
	s, err := store.Open(ctx, filepath.Join(data, "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	kept := map[string]bool{}
	if err := s.EachRecord(ctx, func(r store.Record, err error) error {
		kept[strings.TrimPrefix(r.Object, "device:")] = true
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range told {
		if !kept[id] {
			t.Errorf("the refusal about device %s was told and is not in the log", id)
		}
	}
	t.Logf("%d kills, %d calls answered, %s", kills, len(told), strings.TrimSpace(out))
}

// untilKilled lets callers ask for devices that do not exist, which is recorded
// before it is refused, and kills the broker after so many answers. It returns
// the devices that were answered about.
func untilKilled(ctx context.Context, t *testing.T, b *bed.Broker, rep *bed.Rep, callers, answers int) []string {
	t.Helper()
	var mu sync.Mutex
	var told []string
	enough := make(chan struct{})
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for {
				id := make([]byte, 16)
				_, _ = rand.Read(id) // never fails
				_, err := rep.Start(ctx, hex.EncodeToString(id))
				if connect.CodeOf(err) != connect.CodeNotFound {
					return // killed
				}
				mu.Lock()
				told = append(told, hex.EncodeToString(id))
				if len(told) == answers {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-ctx.Done():
		t.Error(fmt.Errorf("waiting for %d answers: %w", answers, context.Cause(ctx)))
	}
	b.Kill()
	all.Wait()
	return told
}
