package agent

import (
	"fmt"
	"io/fs"

	"golang.org/x/sys/windows"
)

// FloorPath is where this machine's administrator sets the floor. Users cannot
// write below Program Files.
const FloorPath = `C:\Program Files\Alongside\policy.toml`

// byAdministrator checks that a file or folder belongs to the system or the
// administrators; access lists are inherited from a folder of theirs.
func byAdministrator(path string, _ fs.FileInfo) error {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return err
	}
	installer := owner.String() == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" // TrustedInstaller
	if !installer && !owner.IsWellKnown(windows.WinLocalSystemSid) && !owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
		return fmt.Errorf("owned by %s, who is no administrator", owner)
	}
	return nil
}
