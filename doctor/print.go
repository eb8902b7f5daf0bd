package doctor

import (
	"fmt"
	"io"
)

// Print writes the report for a person to read.
func (r Report) Print(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "alongside %s on %s\n\n", r.Version, r.System); err != nil {
		return err
	}
	for _, f := range r.Findings {
		line := fmt.Sprintf("%-8s %-10s", f.State, f.Name)
		switch {
		case f.Reason != "" && f.Detail != "":
			line += " " + f.Reason + ": " + f.Detail
		default:
			line += " " + f.Reason + f.Detail
		}
		if f.Advice != "" {
			line += "\n" + fmt.Sprintf("%20s%s", "", f.Advice)
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	last := "\nA support session is possible."
	if !r.Works() {
		last = "\nA support session is not possible: see what fails above."
	}
	_, err := fmt.Fprintln(w, last)
	return err
}
