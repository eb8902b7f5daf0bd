//go:build !(robotgo && linux && cgo)

package input

// optional lists the backends that need cgo.
func optional() []Backend { return nil }
