//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/alongside-remote/alongside/test/bed"
)

// interactive prints what to do and waits for Ctrl-C.
func (d *demo) interactive(ctx context.Context) error {
	fmt.Fprintf(d.out, `
Alongside is running.

  Console    %s
  Sign in    %s
  Password   %s

`, d.broker.Console, repName, d.password)
	if d.desktop.Own {
		fmt.Fprintf(d.out, `There is no X11 display here, so the customer's desktop is a virtual one (%s).
Click Support on the device in the inventory; the consent prompt appears on that
desktop. You are the customer, too: type  y  or  n  and Return here, and the
prompt's button is clicked.

`, d.desktop.Display)
		go d.answerPrompts(ctx)
	} else {
		fmt.Fprint(d.out, "Click Support on the device in the inventory and answer the prompt on this desktop.\n\n")
		openBrowser(d.broker.Console)
	}
	fmt.Fprintln(d.out, "Ctrl-C ends everything.")
	select {
	case <-ctx.Done():
		fmt.Fprintln(d.out, "\nending")
		return nil
	case <-d.broker.Done():
		return fmt.Errorf("the broker ended: %w\n%s", d.broker.Err(), d.logTail())
	case <-d.agent.Done():
		return fmt.Errorf("the agent ended: %w\n%s", d.agent.Err(), d.logTail())
	}
}

// answerPrompts clicks the prompt on the virtual desktop as it is told on the
// terminal. It ends with the process: a read of a terminal cannot be cancelled.
func (d *demo) answerPrompts(ctx context.Context) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && ctx.Err() == nil {
		answer := strings.ToLower(strings.TrimSpace(lines.Text()))
		if answer != "y" && answer != "n" {
			continue
		}
		if !d.desktop.HasWindow(bed.ConsentTitle) {
			fmt.Fprintln(d.out, "no prompt is open: click Support in the console first")
			continue
		}
		if err := d.desktop.Answer(ctx, answer == "y"); err != nil {
			fmt.Fprintln(d.out, "answer:", err)
		}
	}
}

// openBrowser opens an address where a desktop has a browser; elsewhere the
// printed address is enough.
func openBrowser(url string) {
	if path, err := exec.LookPath("xdg-open"); err == nil {
		cmd := exec.Command(path, url)
		if cmd.Start() == nil {
			go func() { _ = cmd.Wait() }()
		}
	}
}
