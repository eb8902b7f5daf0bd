//go:build linux

package rig

import (
	"context"
	"fmt"
	"image"
	"os/exec"
	"strconv"
	"strings"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
)

// Session asks for a session on desktop d, says Yes there with real clicks and
// returns the id of the session, which is active then.
func (r *Rep) Session(ctx context.Context, d *bed.Desktop) (string, error) {
	device, err := r.Device(ctx, "")
	if err != nil {
		return "", err
	}
	s, err := r.Start(ctx, device.Id)
	if err != nil {
		return "", fmt.Errorf("start session: %w", err)
	}
	if err := d.Answer(ctx, true); err != nil {
		return "", err
	}
	if _, err := r.Phase(ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE); err != nil {
		return "", err
	}
	return s.Id, nil
}

// freeTop is the part of the screen's upper edge that must be free: the harness
// draws its frame strip of the move workload in the middle and its marker near
// the right end.
var freeTop = image.Rect(870, 0, 1920, 44)

// ClearTop drags our banner along the upper edge to the left, as whoever sits
// there may, and puts the pointer back where the harness left it.
func ClearTop(ctx context.Context, d *bed.Desktop) error {
	id, err := d.Window(ctx, bed.BannerTitle)
	if err != nil {
		return err
	}
	at, err := place(ctx, d, id)
	if err != nil {
		return err
	}
	if _, err := xdotool(ctx, d, "mousemove", strconv.Itoa(at.Min.X+grip), strconv.Itoa(at.Min.Y+grip), "mousedown", "1",
		"mousemove", strconv.Itoa(grip+1), strconv.Itoa(at.Min.Y+grip), "mousemove", "0", strconv.Itoa(at.Min.Y+grip), "mouseup", "1"); err != nil {
		return err
	}
	err = bed.Until(ctx, "the banner to be out of the way", func() (bool, error) {
		at, err = place(ctx, d, id)
		return err == nil && !at.Overlaps(freeTop), fmt.Errorf("it is at %v (%w)", at, err)
	})
	if err != nil {
		return err
	}
	_, err = xdotool(ctx, d, "mousemove", "100000", "100000") // the far corner
	return err
}

// grip is where the banner is taken, from its upper left corner.
const grip = 12

// place is where a window is on the screen.
func place(ctx context.Context, d *bed.Desktop, id string) (image.Rectangle, error) {
	out, err := xdotool(ctx, d, "getwindowgeometry", "--shell", id)
	if err != nil {
		return image.Rectangle{}, err
	}
	n := map[string]int{}
	for _, line := range strings.Fields(out) {
		name, value, _ := strings.Cut(line, "=")
		if v, err := strconv.Atoi(value); err == nil {
			n[name] = v
		}
	}
	return image.Rect(n["X"], n["Y"], n["X"]+n["WIDTH"], n["Y"]+n["HEIGHT"]), nil
}

func xdotool(ctx context.Context, d *bed.Desktop, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = d.Env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("xdotool %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}
