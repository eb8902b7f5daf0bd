package archtest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestStatusNamesTestsThatAreThere: what docs/STATUS.md says that something is proved by
// is there. "…" stands for any rest of a name.
func TestStatusNamesTestsThatAreThere(t *testing.T) {
	b, err := os.ReadFile(root + "/docs/STATUS.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w*)\(`)
	var all strings.Builder
	eachFile(t, "_test.go", func(_, content string) {
		for _, m := range declared.FindAllStringSubmatch(content, -1) {
			all.WriteString(m[1] + "\n")
		}
	})
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[^` ]*)`").FindAllStringSubmatch(string(b), -1)
	if len(named) == 0 {
		t.Fatal("it names no test")
	}
	for _, m := range named {
		one := strings.ReplaceAll(regexp.QuoteMeta(m[1]), "…", `\w*`)
		if !regexp.MustCompile(`(?m)^` + one + `$`).MatchString(all.String()) {
			t.Errorf("docs/STATUS.md names %s, which is not there", m[1])
		}
	}
}
