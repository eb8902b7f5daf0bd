//go:build !linux

package elevation

// run starts the process and waits for its end.
func (p *Process) run(started chan<- error) {
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	kill(p.cmd)
	close(p.done)
}
