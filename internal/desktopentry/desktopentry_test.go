package desktopentry

import "testing"

func TestWordsOfACommandMeanThemselves(t *testing.T) {
	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"/usr/bin/alongside", "support"}, `"/usr/bin/alongside" "support"`},
		{[]string{`/home/a b/%u`, ""}, `"/home/a b/%%u" ""`},
		{[]string{"$HOME", "`id`", `"`}, "\"\\\\$HOME\" \"\\\\`id\\\\`\" \"\\\\\"\""},
		{[]string{`a\b`}, `"a\\\\b"`},
	} {
		if got := Exec(c.command); got != c.want {
			t.Errorf("%q: %s, want %s", c.command, got, c.want)
		}
	}
}
