package main

import (
	"runtime"
	"runtime/debug"
)

// How much garbage a role may pile up, in percent of what it uses, before the
// collector runs. An endpoint is a guest on somebody's machine, and its roles use
// little: one or two MiB of small objects, which are marked in less than a
// millisecond, and in the helper pictures, which are not marked at all, as there
// are no pointers in them. Go's default would let a helper with two pictures of
// 8 MiB grow to twice that, and the others to 4 MiB before the first collection.
const (
	serviceGarbage = 40
	helperGarbage  = 10
	trayGarbage    = 40
)

// frugal sets it for this process, and lets one thread at a time run Go code: what
// a role does with an update is one thing after the other, handed on from goroutine
// to goroutine, and that costs neither the wake-up of another thread nor one that
// spins for more work. System calls do not count. It returns nothing to restore: a
// process has one role.
func frugal(percent int) {
	debug.SetGCPercent(percent)
	processors(1)
}

// processors lets as many threads run Go code as are of use and there.
func processors(n int) {
	if n = min(n, runtime.NumCPU()); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
}

// roam lets the main goroutine leave the first thread, to which the library of the
// tray's icon pins it in every role: what wakes it would wake that thread, too.
func roam() { runtime.UnlockOSThread() }
