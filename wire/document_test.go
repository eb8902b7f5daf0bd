package wire

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// document is the specification that this package implements.
func document(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../docs/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDocumentHasTheLimits(t *testing.T) {
	want := map[string]string{}
	for name, v := range map[string]int{
		"Version": Version, "VersionMin": VersionMin, "MaxControl": MaxControl, "MaxMediaPayload": MaxMediaPayload,
		"MaxCanvas": MaxCanvas, "MaxCanvasPixels": MaxCanvasPixels, "MaxOpPixels": MaxOpPixels, "MaxPaints": MaxPaints,
		"MaxRects": MaxRects, "MaxCursor": MaxCursor, "MaxTables": MaxTables, "MaxTableBytes": MaxTableBytes, "MaxPhotoScale": MaxPhotoScale, "MaxCacheSlots": MaxCacheSlots, "MaxInputEvents": MaxInputEvents, "MaxClipboard": MaxClipboard,
		"MaxInputText": MaxInputText, "MaxText": MaxText, "MaxName": MaxName, "SessionIDSize": SessionIDSize,
		"MaxElevations": MaxElevations, "MaxSealed": MaxSealed, "HeartbeatPadding": HeartbeatPadding, "MaxButtons": MaxButtons, "MaxButtonTitle": MaxButtonTitle,
		"MaxButtonGreeting": MaxButtonGreeting, "MaxButtonIcon": MaxButtonIcon, "MaxButtonSide": MaxButtonSide,
		"MaxDisks": MaxDisks, "MaxAddresses": MaxAddresses,
		"MaxJumpKeys": MaxJumpKeys, "MaxJumpKey": MaxJumpKey, "MaxJumpProof": MaxJumpProof,
		"MaxFile": MaxFile, "MaxFileChunk": MaxFileChunk, "FileWindow": FileWindow,
	} {
		want[name] = fmt.Sprint(v)
	}
	got := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\d+) \\|").FindAllStringSubmatch(document(t), -1) {
		got[m[1]] = m[2]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("docs/PROTOCOL.md, section 9 (-code +document):\n%s", d)
	}
	source, err := os.ReadFile("limits.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t([A-Z]\w+) += `).FindAllStringSubmatch(string(source), -1) {
		if want[m[1]] == "" {
			t.Errorf("%s is in limits.go, and not in this test", m[1])
		}
	}
}

func TestDocumentHasTheErrorCodes(t *testing.T) {
	want, got := map[string]string{}, map[string]string{}
	for n, name := range wirepb.ErrorCode_name {
		if n != 0 {
			want[strings.TrimPrefix(name, "ERROR_CODE_")] = fmt.Sprint(n)
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `([A-Z_]+)` \\|").FindAllStringSubmatch(document(t), -1) {
		got[m[2]] = m[1]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("docs/PROTOCOL.md, section 11 (-code +document):\n%s", d)
	}
}

func TestDocumentHasTheNumbersOfKinds(t *testing.T) {
	doc := document(t)
	for _, row := range []string{
		fmt.Sprintf("| %d Update |", MediaUpdate), fmt.Sprintf("| %d State |", MediaState), fmt.Sprintf("| %d Input |", MediaInput),
		fmt.Sprintf("| %d Shown |", MediaShown), fmt.Sprintf("| %d View |", MediaView), fmt.Sprintf("| %d End |", MediaEnd),
		fmt.Sprintf("| %d Resize |", OpResize), fmt.Sprintf("| %d Move |", OpMove), fmt.Sprintf("| %d Store |", OpStore),
		fmt.Sprintf("| %d Cached |", OpCached), fmt.Sprintf("| %d Lossless |", OpLossless), fmt.Sprintf("| %d Photo |", OpPhoto),
		fmt.Sprintf("| %d Fill |", OpFill), fmt.Sprintf("| %d CursorShape |", OpCursorShape),
		fmt.Sprintf("| %d CursorPosition |", OpCursorPosition), fmt.Sprintf("| %d Residual |", OpResidual),
		fmt.Sprintf("| %d Video |", OpVideo), fmt.Sprintf("| %d Tables |", OpTables),
		fmt.Sprintf("| %d motion |", InputMotion), fmt.Sprintf("| %d button |", InputButton), fmt.Sprintf("| %d wheel |", InputWheel),
		fmt.Sprintf("| %d key |", InputKey), fmt.Sprintf("| %d text |", InputText), fmt.Sprintf("| %d release all |", InputReleaseAll),
		grantDomain, consentDomain, elevationDomain,
	} {
		if !strings.Contains(doc, row) {
			t.Errorf("docs/PROTOCOL.md lacks %q", row)
		}
	}
}
