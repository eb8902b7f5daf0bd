package input

// Kill ends an injector as the death of its process does: nothing is released.
func Kill(in Injector) {
	x := in.(*xtest)
	x.once.Do(func() { close(x.done) })
	x.conn.Close()
}
