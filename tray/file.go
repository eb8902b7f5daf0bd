package tray

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/tray/transfer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// maxFerries is how many transfers there may be: one each way.
	maxFerries = 2
	// ferryQueue is how many messages may wait for a transfer: what may be under way
	// without an answer, and a few that are no data.
	ferryQueue = wire.FileWindow/wire.MaxFileChunk + 8
)

// askFile asks the person whether a file may come, or for one to be sent.
func (c *core) askFile(ctx context.Context, a *ipcpb.FileAsk) error {
	nonce := bytes.Clone(a.Nonce)
	if len(nonce) == 0 || len(nonce) > maxNonce || c.find(nonce) != nil || len(c.ferries) >= maxFerries {
		return c.answerFile(nonce[:min(len(nonce), maxNonce)], &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, Detail: "nonce missing, too long or in use"})
	}
	out := a.Direction == wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT
	deadline := time.Now().Add(min(max(time.Duration(a.TimeoutS)*time.Second, time.Second), prompt.MaxTimeout))
	r := prompt.ConsentRequest{Rep: a.RepName, Organisation: a.Organisation, File: &prompt.File{Out: out, Name: a.Name, Size: a.Size}}
	j := &job{kind: jobConsent, nonce: nonce}
	j.show = func(shown context.Context) func() error {
		r.Timeout = max(time.Until(deadline), time.Second)
		answer, err := c.prompter.Consent(shown, r)
		path, chosen := "", false
		if err == nil && answer == prompt.Yes && out {
			inner, cancel := context.WithDeadline(shown, deadline)
			defer cancel()
			path, chosen, err = c.prompter.File(inner, prompt.FileRequest{To: a.RepName})
			if errors.Is(err, context.DeadlineExceeded) {
				answer, err = prompt.TimedOut, nil
			} else if !chosen {
				answer = prompt.No
			}
		}
		return func() error { return c.fileAnswered(ctx, a, nonce, answer, path, err) }
	}
	j.expire = time.AfterFunc(time.Until(deadline), func() {
		select {
		case c.results <- func() error { return c.fileExpired(j) }:
		case <-ctx.Done():
		}
	})
	ok, err := c.enqueue(ctx, j)
	if ok || err != nil {
		return err
	}
	j.expire.Stop()
	return c.answerFile(nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, Detail: "too many prompts are waiting"})
}

// fileExpired answers for a question whose turn did not come in time.
func (c *core) fileExpired(j *job) error {
	if c.active == j || c.find(j.nonce) == nil {
		return nil
	}
	if err := c.withdraw(j.nonce); err != nil {
		return err
	}
	return c.answerFile(j.nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, Detail: "another prompt stayed open"})
}

// fileAnswered takes the person's answer. After a Yes the file is opened at once: it is
// the one that was chosen, and there is a place for the one that comes.
func (c *core) fileAnswered(ctx context.Context, a *ipcpb.FileAsk, nonce []byte, answer prompt.Answer, path string, err error) error {
	c.log.Info("question about a file closed", "answer", answer, "err", err)
	switch {
	case errors.Is(err, errWithdrawn):
		return nil
	case err != nil:
		return c.answerFile(nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, Detail: err.Error()})
	case answer == prompt.TimedOut:
		return c.answerFile(nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT})
	case answer != prompt.Yes:
		return c.answerFile(nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER})
	}
	f := &ferry{nonce: nonce, conn: c.conn, log: c.log, todo: make(chan any, ferryQueue)}
	yes := &wirepb.FileAnswer{}
	if a.Direction == wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT {
		if f.out, err = transfer.Send(path, wire.MaxFile); err == nil {
			yes.Name, yes.Size = prompt.Clean(f.out.Name(), prompt.MaxTitle), f.out.Size()
		}
	} else {
		f.in, err = transfer.Receive(c.downloads, a.Name, a.Size, a.Sha256)
	}
	if err != nil {
		c.log.Warn("file", "err", err)
		code, detail := fileCode(err)
		return c.answerFile(nonce, &wirepb.FileAnswer{Code: code, Detail: detail})
	}
	ctx, f.cancel = context.WithCancel(ctx)
	f.done = make(chan struct{})
	c.ferries[string(nonce)] = f
	go func() {
		defer close(f.done)
		f.run(ctx)
	}()
	return c.answerFile(nonce, yes)
}

func (c *core) answerFile(nonce []byte, a *wirepb.FileAnswer) error {
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_FileAnswer{FileAnswer: &ipcpb.FileAnswer{Nonce: nonce, Answer: a}}})
}

// toFerry hands a message to its transfer. One that does not keep to what may be under
// way loses it.
func (c *core) toFerry(nonce []byte, m any) error {
	f := c.ferries[string(nonce)]
	if f == nil {
		return nil // it is over here, and the service was told
	}
	select {
	case f.todo <- m:
		return nil
	default:
		c.dropFile(nonce)
		return c.answerFile(nonce, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED, Detail: "more than may be under way"})
	}
}

// dropFile gives a transfer up and waits until nothing of it is left.
func (c *core) dropFile(nonce []byte) {
	if f := c.ferries[string(nonce)]; f != nil {
		delete(c.ferries, string(nonce))
		f.cancel()
		<-f.done
	}
}

func (c *core) dropFiles() {
	for nonce := range c.ferries {
		c.dropFile([]byte(nonce))
	}
}

// fileCode is what a rep is told of an error of a file. A path is not for them.
func fileCode(err error) (wirepb.ErrorCode, string) {
	switch {
	case errors.Is(err, transfer.ErrTooLarge):
		return wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE, ""
	case errors.Is(err, transfer.ErrChanged):
		return wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED, ""
	case transfer.Full(err):
		return wirepb.ErrorCode_ERROR_CODE_DISK_FULL, ""
	default:
		return wirepb.ErrorCode_ERROR_CODE_FILE_FAILED, reasonOf(err)
	}
}
