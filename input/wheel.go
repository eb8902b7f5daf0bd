package input

import "github.com/alongside-remote/alongside/wire"

// notches adds to what a fine wheel has turned so far and takes the whole notches
// out. Turning back begins anew: the rest of the other direction is no debt.
func notches(rest *int, d int16) int {
	if int(d) > 0 && *rest < 0 || int(d) < 0 && *rest > 0 {
		*rest = 0
	}
	*rest += int(d)
	n := *rest / wire.WheelNotch
	*rest -= n * wire.WheelNotch
	return n
}
