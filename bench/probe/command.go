//go:build linux

package probe

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"strconv"
	"strings"
)

// ErrGone is what Serve returns when the harness ended without a quit.
var ErrGone = errors.New("the harness is gone")

// Serve obeys the harness's commands until it says quit.
func (r *Reporter) Serve(in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if fields[0] == "quit" {
			return nil
		}
		if err := r.obey(fields[0], fields[1:]); err != nil {
			return fmt.Errorf("command %q: %w", lines.Text(), err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return ErrGone
}

func (r *Reporter) obey(command string, args []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch command {
	case "probe":
		r.points, r.last = nil, nil
		for _, a := range args {
			n, err := numbers(a, 2)
			if err != nil {
				return err
			}
			r.points = append(r.points, image.Pt(n[0], n[1]))
		}
		return nil
	case "mask":
		n, err := numbers(strings.Join(args, " "), 4)
		if err != nil {
			return err
		}
		r.mask = image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3])
		return nil
	case "watch":
		return r.watch(strings.Join(args, " "))
	case "unwatch":
		r.ref, r.pending = nil, false
		return nil
	case "snap":
		return r.snap(strings.Join(args, " "))
	case "bytes":
		r.emit(event{Kind: "bytes", Time: r.Now(), Bytes: r.Bytes()})
		return nil
	default:
		return nil // of a later harness
	}
}

// watch compares with the picture of a file from now on, and at once.
func (r *Reporter) watch(path string) error {
	ref, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	swap(ref)
	r.ref, r.compared = ref, 0
	r.Look(func(img *image.RGBA) { r.compare(img, r.Now()) })
	return nil
}

// snap writes the picture as the harness keeps them: B, G, R, X.
func (r *Reporter) snap(path string) error {
	var pix []byte
	r.Look(func(img *image.RGBA) {
		if img != nil {
			pix = append(pix, img.Pix...)
		}
	})
	swap(pix)
	if err := os.WriteFile(path, pix, 0o644); err != nil {
		return err
	}
	r.emit(event{Kind: "snap", Time: r.Now(), Path: path})
	return nil
}

func numbers(s string, want int) ([]int, error) {
	var n []int
	for _, f := range strings.Split(s, ",") {
		v, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		n = append(n, v)
	}
	if len(n) != want {
		return nil, fmt.Errorf("%q: want %d numbers", s, want)
	}
	return n, nil
}
