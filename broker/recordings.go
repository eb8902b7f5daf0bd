package broker

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/broker/recording"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// recordingsFolder is where recordings are in the data folder, unless they are
// kept elsewhere.
const recordingsFolder = "recordings"

// settingsOf are the settings of a device.
func (b *Broker) settingsOf(ctx context.Context, device string) (policy.Settings, error) {
	d, err := b.store.Device(ctx, device)
	if err != nil {
		return policy.Settings{}, err
	}
	return b.book.Settings(d), nil
}

// screens lets recordings, which the relay needs, reach the relay.
type screens struct{ b *Broker }

func (s screens) Record(ctx context.Context, id wire.SessionID) (io.ReadWriteCloser, error) {
	return s.b.relay.Record(ctx, id)
}

func (s screens) DetachViewers(id wire.SessionID, why error) { s.b.relay.DetachViewers(id, why) }

// Recordings lists the recordings of sessions that are over.
func (b *Books) Recordings(ctx context.Context) ([]store.Recording, error) {
	return b.store.Recordings(ctx, store.RecordingFilter{})
}

// tapes opens the recordings in a folder; empty is that in the data folder.
func (b *Books) tapes(ctx context.Context, folder string) (*recording.Service, error) {
	if folder == "" {
		folder = filepath.Join(b.data, recordingsFolder)
	}
	return recording.Open(ctx, recording.Config{Dir: folder, Store: b.store, Audit: b.audit, Keys: b.keys, Log: slog.New(slog.DiscardHandler), Now: time.Now})
}

// RotateRecordingKey gives the broker a new key for recordings.
func (b *Books) RotateRecordingKey(ctx context.Context) (key string, err error) {
	t, err := b.tapes(ctx, "")
	if err != nil {
		return "", err
	}
	defer func() { _ = t.Close() }()
	r, err := t.Rotate(ctx, commandLine, commandLineName)
	return r.Key, err
}

// ExportRecording makes a video file of a recording. Keys are age identities; empty
// are the broker's own.
func (b *Books) ExportRecording(ctx context.Context, folder, id, out, keys string) error {
	t, err := b.tapes(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	return t.Export(ctx, recording.Export{ID: id, Out: out, Keys: keys, Actor: commandLine, ActorName: commandLineName})
}

// VerifyRecordings checks the audit log and holds the files of recordings against
// it; id empty: of all. An empty file of checkpoints is the one in the data folder.
func (b *Books) VerifyRecordings(ctx context.Context, folder, checkpoints, id string, f func(recording.Verified, error) error) error {
	if _, _, err := b.VerifyAudit(ctx, checkpoints); err != nil {
		return err
	}
	t, err := b.tapes(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	return t.Verify(ctx, id, f)
}
