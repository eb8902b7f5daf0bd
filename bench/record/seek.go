//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/recording"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// reel opens the recording and looks for pictures.
func (s *stage) reel(ctx context.Context, out io.Writer, seeks int, video string) error {
	var rec *apipb.Recording
	if err := bed.Until(ctx, "the recording", func() (bool, error) {
		l, err := s.records.ListRecordings(ctx, connect.NewRequest(&apipb.ListRecordingsRequest{SessionId: s.session}))
		if err != nil || len(l.Msg.Recordings) == 0 {
			return false, err
		}
		rec = l.Msg.Recordings[0]
		return true, nil
	}); err != nil {
		return err
	}
	o, err := s.records.OpenRecording(ctx, connect.NewRequest(&apipb.OpenRecordingRequest{Id: rec.Id}))
	if err != nil {
		return err
	}
	segments := o.Msg.Segments
	keys := 0
	for _, g := range segments {
		if g.Key {
			keys++
		}
	}
	length := time.Duration(rec.DurationMs) * time.Millisecond
	fmt.Fprintf(out, "recording            %.1f MB in %d segments, %d of them keys, %.2f MB a minute, gaps %d, complete %t\n",
		mega(int64(rec.Bytes)), len(segments), keys, mega(int64(rec.Bytes))/length.Minutes(), rec.Gaps, rec.Complete)

	var took []time.Duration
	updates := 0
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same times in every run
	for range seeks {
		at := time.Duration(dice.Int64N(int64(length)))
		begun := time.Now()
		n, err := s.seek(ctx, rec.Id, segments, at)
		if err != nil {
			return fmt.Errorf("seek to %v: %w", at, err)
		}
		took = append(took, time.Since(begun))
		updates += n
	}
	slices.Sort(took)
	if len(took) > 0 {
		fmt.Fprintf(out, "seek                 p50 %v  p95 %v  most %v (%d, %d updates each), through the API, decrypted and decoded\n",
			took[len(took)/2].Round(time.Millisecond), took[len(took)*95/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), len(took), updates/len(took))
	}
	if video == "" {
		return nil
	}
	begun := time.Now()
	//nolint:gosec // the broker that was just built
	export := exec.CommandContext(ctx, s.program, "--data", s.broker.Data, "recording", "export", rec.Id, "--out", video)
	export.Stderr = os.Stderr
	if err := export.Run(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	fi, err := os.Stat(video)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "video                %.1f MB in %v\n", mega(fi.Size()), time.Since(begun).Round(time.Second))
	return nil
}

// seek shows what was on the screen at a time, as the console's player does: it
// asks for all segments at once that it needs and paints when they are there. It
// tells how many updates that took.
func (s *stage) seek(ctx context.Context, id string, segments []*apipb.Segment, at time.Duration) (updates int, err error) {
	first, last := 0, 0
	for i, g := range segments {
		if g.FromMs > uint64(at.Milliseconds()) {
			break
		}
		if last = i; g.Key {
			first = i
		}
	}
	wanted := segments[first : last+1]
	contents, errs := make([]bytes.Buffer, len(wanted)), make([]error, len(wanted))
	var all sync.WaitGroup
	for i, g := range wanted {
		all.Go(func() { errs[i] = s.fetch(ctx, id, g.Index, &contents[i]) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	c := viewer.NewCanvas(recording.CacheBytes)
	defer c.Close()
	for i := range contents {
		n, err := show(c, &contents[i], at)
		if updates += n; err != nil {
			return updates, err
		}
	}
	return updates, nil
}

// fetch reads a segment, decrypted.
func (s *stage) fetch(ctx context.Context, id string, index uint32, to *bytes.Buffer) error {
	stream, err := s.records.ReadSegment(ctx, connect.NewRequest(&apipb.ReadSegmentRequest{Id: id, Index: index}))
	if err != nil {
		return err
	}
	for stream.Receive() {
		to.Write(stream.Msg().Content)
	}
	return errors.Join(stream.Err(), stream.Close())
}

// show applies the updates of a segment up to a time.
func show(c *viewer.Canvas, segment io.Reader, at time.Duration) (updates int, err error) {
	entries := recording.NewEntries(segment)
	for {
		e, err := entries.Next()
		switch {
		case errors.Is(err, io.EOF) || err == nil && e.At > at:
			return updates, nil
		case err != nil:
			return updates, err
		case e.Kind != wire.MediaUpdate:
			continue
		}
		updates++
		if err := c.Apply(e.Epoch, e.Payload); err != nil {
			return updates, err
		}
	}
}
