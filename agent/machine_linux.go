package agent

import (
	"bufio"
	"os"
	"strings"
)

// machine is the host's name and the system's, as people say it.
func machine() (host, version string) {
	host, _ = os.Hostname()
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return host, "Linux"
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		if v, ok := strings.CutPrefix(sc.Text(), "PRETTY_NAME="); ok {
			return host, strings.Trim(v, `"'`)
		}
	}
	return host, "Linux"
}
