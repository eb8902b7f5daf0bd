package main

import "runtime/debug"

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

// frugal sets it for this process. It returns nothing to restore: a process has
// one role.
func frugal(percent int) { debug.SetGCPercent(percent) }
