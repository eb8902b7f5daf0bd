package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/policy"
)

type policyCmd struct {
	Explain policyExplainCmd `cmd:"" help:"Say whether a rep may do something with a device, and which rule decides."`
	Scopes  policyScopesCmd  `cmd:"" help:"Write the scopes as a file of cases begins."`
	Test    policyTestCmd    `cmd:"" help:"Run a file of cases: see docs/POLICY.md."`
}

type policyExplainCmd struct {
	Rep    string    `help:"Name or id of the rep." required:""`
	Device string    `help:"Id or hostname of the device." required:""`
	Action string    `help:"What is to be done." default:"session.start"`
	At     time.Time `help:"When, as 2006-01-02T15:04:05Z07:00; now by default." format:"2006-01-02T15:04:05Z07:00"`
}

// Run explains by the settings in the data folder. Whether the device is online
// is known to the running broker alone.
func (c *policyExplainCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	if c.At.IsZero() {
		c.At = time.Now()
	}
	e, err := b.Explain(r.ctx, c.Rep, c.Device, policy.Action(c.Action), c.At)
	if err != nil {
		return err
	}
	answer := "allowed"
	if e.Err != nil {
		answer = "not allowed: " + e.Err.Error()
	}
	w := tabwriter.NewWriter(r.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%s\nby %s\n\nSETTING\tVALUE\tBY\n", answer, ruleText(e.Rule))
	for _, s := range e.Settings {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", s.Key, strings.ReplaceAll(s.Value, "\n", ", "), ruleText(policy.Rule{Kind: s.Rule.Kind, Scope: s.Rule.Scope}))
	}
	return w.Flush()
}

type policyScopesCmd struct{}

// Run writes the scopes.
func (policyScopesCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	scopes, err := b.Scopes(r.ctx)
	if err != nil {
		return err
	}
	return policy.WriteScopes(r.stdout, scopes)
}

func ruleText(r policy.Rule) string {
	t := r.Kind
	if r.Scope != "" {
		t += fmt.Sprintf(" %q", r.Scope)
	}
	if r.Setting != "" {
		t += ", " + r.Setting
	}
	return t
}

type policyTestCmd struct {
	File string `arg:"" help:"File of cases." type:"existingfile"`
}

var errCases = errors.New("cases fail")

// Run runs the cases of a file.
func (c *policyTestCmd) Run(r *run) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	results, err := policy.RunCases(f)
	failed := 0
	for _, c := range results {
		for _, why := range c.Failures {
			_, _ = fmt.Fprintf(r.stdout, "line %d: %s: %s\n", c.Line, c.Name, why)
		}
		if len(c.Failures) > 0 {
			failed++
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d %w", failed, len(results), errCases)
	}
	_, err = fmt.Fprintf(r.stdout, "%d cases pass\n", len(results))
	return err
}
