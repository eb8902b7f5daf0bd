//go:build linux

package bed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build builds commands into the folder dir with the flags of all tests, $RACEFLAGS: what
// is compiled already is not compiled again. version is what the programs say of
// themselves, and may be empty.
func Build(ctx context.Context, dir, version string, packages ...string) error {
	args := append([]string{"build", "-race"}, strings.Fields(os.Getenv("RACEFLAGS"))...)
	if version != "" {
		args = append(args, "-ldflags", "-w -X main.version="+version)
	}
	args = append(args, "-o", dir+string(filepath.Separator))
	if out, err := exec.CommandContext(ctx, "go", append(args, packages...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("build %v: %w\n%s", packages, err, out)
	}
	return nil
}
