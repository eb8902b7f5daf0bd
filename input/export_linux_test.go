package input

// Kill ends an injector as the death of its process does: nothing is released.
func Kill(in Injector) {
	x := in.(*xtest)
	x.once.Do(func() { close(x.done) })
	x.conn.Close()
}

// KillWlr is Kill for the other backend.
func KillWlr(in Injector) {
	w := in.(*wlr)
	w.once.Do(func() { close(w.done) })
	_ = w.conn.Close()
}
