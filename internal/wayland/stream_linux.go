package wayland

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const readSize = 1 << 14

// Flush sends what was asked for.
func (c *Conn) Flush() error {
	if c.err != nil {
		return c.err
	}
	if len(c.out) == 0 {
		return nil
	}
	var rights []byte
	if len(c.outFDs) > 0 {
		rights = unix.UnixRights(c.outFDs...)
	}
	_ = c.sock.SetWriteDeadline(time.Now().Add(writeLimit))
	for sent := 0; sent < len(c.out); rights = nil {
		n, _, err := c.sock.WriteMsgUnix(c.out[sent:], rights, nil)
		if err != nil {
			// What it said before it ended the connection is the better reason.
			if e := c.receive(false); e == nil {
				_, _ = c.handle()
			}
			return c.fail(err)
		}
		sent += n
	}
	c.out, c.outFDs = c.out[:0], c.outFDs[:0]
	return nil
}

// wait reads once, until ctx ends.
func (c *Conn) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		_ = c.sock.SetReadDeadline(time.Unix(1, 0))
	})
	err := c.receive(true)
	if !stop() {
		<-ended
		_ = c.sock.SetReadDeadline(time.Time{})
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	if err != nil {
		return c.fail(err)
	}
	return nil
}

// receive reads what is there, or waits for something.
func (c *Conn) receive(wait bool) error {
	raw, err := c.sock.SyscallConn()
	if err != nil {
		return err
	}
	at := len(c.in)
	c.in = append(c.in, make([]byte, readSize)...)
	rights := make([]byte, unix.CmsgSpace(filesLimit*wordLen))
	var n, files int
	var got error
	err = raw.Read(func(fd uintptr) bool {
		n, files, _, _, got = unix.Recvmsg(int(fd), c.in[at:], rights, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
		return !wait || !errors.Is(got, unix.EAGAIN)
	})
	c.in = c.in[:at+max(n, 0)]
	switch {
	case err != nil:
		return err
	case errors.Is(got, unix.EAGAIN), errors.Is(got, unix.EINTR):
		return nil
	case got != nil:
		return got
	case n == 0:
		return io.EOF
	}
	return c.takeFiles(rights[:files])
}

func (c *Conn) takeFiles(rights []byte) error {
	if len(rights) == 0 {
		return nil
	}
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return err
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return err
		}
		c.inFDs = append(c.inFDs, fds...)
	}
	if len(c.inFDs) > filesLimit {
		return errors.New("more files than messages name")
	}
	return nil
}

func closeFile(fd int) { _ = unix.Close(fd) }
