package viewer

import (
	"errors"
	"testing"

	"github.com/alongside-remote/alongside/wire"
)

func TestTablesAreOfTheirEpoch(t *testing.T) {
	c := NewCanvas(0)
	defer c.Close()
	tabs, part := abbreviated(picture(8, 6))
	show := photoOf(2, part, wire.Rect{W: 8, H: 6})
	if err := c.Apply(1, packed(resize(8, 6), tables(2, tabs), show, show)); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(1, packed(show)); err != nil {
		t.Errorf("in a later update of the epoch: %v", err)
	}
	if err := c.Apply(2, packed(resize(8, 6), show)); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("in the next epoch: %v", err)
	}
}

// TestWhatIsNoTable: a viewer joins tables and photo, so nothing
// but tables must get in front of one.
func TestWhatIsNoTable(t *testing.T) {
	good, _ := abbreviated(picture(8, 6))
	if !tablesOnly(good) {
		t.Fatal("tables are refused")
	}
	for n := range good {
		if tablesOnly(good[:n]) {
			t.Errorf("cut at %d of %d they pass", n, len(good))
		}
	}
	for _, marker := range []byte{0xc0, 0xc2, 0xda, 0xd9, 0xe0, 0xfe, 0x00, 0xff} {
		bad := append([]byte(nil), good...)
		bad[3] = marker
		if tablesOnly(bad) {
			t.Errorf("segment %#x passes", marker)
		}
	}
}
