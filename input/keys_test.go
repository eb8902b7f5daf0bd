package input_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/input/internal/keys"
)

var update = flag.Bool("update", false, "write testdata/keys.json anew")

// TestKeysFile keeps the table for the console, which compares its own with it.
func TestKeysFile(t *testing.T) {
	type row struct {
		Code string `json:"code"`
		HID  uint16 `json:"hid"`
	}
	var want []row
	for _, k := range keys.All() {
		if k.Code != "" {
			want = append(want, row{k.Code, k.HID})
		}
	}
	const name = "testdata/keys.json"
	if *update {
		var b strings.Builder
		for i, r := range want {
			line, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteString([]string{",\n", "[\n"}[min(1, max(0, 1-i))] + "\t" + string(line))
		}
		if err := os.WriteFile(name, []byte(b.String()+"\n]\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got []row
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s is stale, run `go test ./input -run KeysFile -update` (-table +file):\n%s", name, diff)
	}
}
