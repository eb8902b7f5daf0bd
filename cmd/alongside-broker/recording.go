package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/broker/recording"
)

type recordingCmd struct {
	List      recordingListCmd   `cmd:"" help:"List the recordings of sessions that are over."`
	Export    recordingExportCmd `cmd:"" help:"Make a video file of a recording; needs ffmpeg."`
	Verify    recordingVerifyCmd `cmd:"" help:"Check the files of recordings against the audit log, and that against its checkpoints; names the first bad, missing or superfluous file of each."`
	RotateKey recordingRotateCmd `cmd:"" help:"Give the broker a new key for recordings; the old one stays for what was recorded with it."`
}

// maxKeyFile is more than a file of keys takes.
const maxKeyFile = 64 << 10

type recordingListCmd struct{}

// Run lists recordings.
func (recordingListCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	all, err := b.Recordings(r.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(r.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tHOST\tREP\tSTARTED\tLENGTH\tBYTES\tGAPS\tKEPT UNTIL\tSTATE")
	for _, rec := range all {
		state, until := "complete", "for ever"
		if !rec.Complete {
			state = "broken off"
		}
		if u := rec.KeptUntil(); !u.IsZero() {
			until = u.Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", rec.ID, rec.DeviceName, rec.RepName,
			rec.StartedAt.Format(time.RFC3339), rec.Duration.Round(time.Second), rec.Bytes, rec.Gaps, until, state)
	}
	return w.Flush()
}

type recordingExportCmd struct {
	ID         string `arg:"" help:"Id of the recording."`
	Out        string `help:"Video file to write, such as session.mp4." required:"" type:"path"`
	KeyFile    string `help:"File with the age identity that reads it; the broker's own by default." type:"path"`
	Recordings string `help:"Folder of recordings; in the data folder by default." type:"path"`
}

// Run makes the video.
func (c *recordingExportCmd) Run(r *run) (err error) {
	keys := ""
	if c.KeyFile != "" {
		f, err := os.Open(c.KeyFile)
		if err != nil {
			return fmt.Errorf("key file: %w", err)
		}
		content, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("key file: %w", err)
		}
		keys = string(content)
	}
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if err := b.ExportRecording(r.ctx, c.Recordings, c.ID, c.Out, keys); err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.stdout, c.Out)
	return err
}

type recordingVerifyCmd struct {
	ID          string `arg:"" optional:"" help:"Id of the recording; all of them by default."`
	Recordings  string `help:"Folder of recordings; in the data folder by default." type:"path"`
	Checkpoints string `help:"File of checkpoints; that of the data folder by default." type:"path"`
}

// Run verifies recordings.
func (c *recordingVerifyCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.VerifyRecordings(r.ctx, c.Recordings, c.Checkpoints, c.ID, func(v recording.Verified, wrong error) error {
		state := "whole"
		switch {
		case wrong != nil:
			state = "BAD"
		case v.Open:
			state = "whole so far"
		}
		_, err := fmt.Fprintf(r.stdout, "%s %s, %d segments\n", v.Recording.ID, state, v.Segments)
		return err
	})
}

type recordingRotateCmd struct{}

// Run makes the key and prints its public part.
func (recordingRotateCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	key, err := b.RotateRecordingKey(r.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.stdout, key)
	return err
}
