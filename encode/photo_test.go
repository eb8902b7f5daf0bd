package encode_test

import (
	"image"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/encode/jpeg"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// sent is an operation that has to do with photos.
type sent struct {
	Kind  wire.OpKind
	Codec uint8
	Table jpeg.Quality
}

// photoOps lists them in what the watcher took last, without repetitions.
func (w *watcher) photoOps() (ops []sent) {
	w.t.Helper()
	r := wire.NewOpReader(w.buf)
	for {
		op, err := r.Next()
		if err != nil {
			w.t.Fatal(err)
		}
		if op == nil {
			return ops
		}
		s := sent{op.Kind, op.Codec, jpeg.Quality(op.Region)}
		if (op.Kind == wire.OpPhoto || op.Kind == wire.OpTables) && (len(ops) == 0 || ops[len(ops)-1] != s) {
			ops = append(ops, s)
		}
	}
}

func TestTablesComeOncePerEpochAndQuality(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := scene(t, image.Rect(0, 0, 640, 360))
		d.photo(image.Rect(0, 0, 640, 360))
		w.canvas.Update(d.take())
		again := func(limit int) []sent {
			w.limit = limit
			d.photo(image.Rect(0, 0, 256, 128))
			w.canvas.Update(d.take())
			w.once()
			return w.photoOps()
		}
		fine, coarse := sent{wire.OpTables, wire.TablesJPEG, jpeg.Fine}, sent{wire.OpTables, wire.TablesJPEG, jpeg.Coarse}
		finePhoto, coarsePhoto := sent{wire.OpPhoto, wire.CodecJPEGTables, jpeg.Fine}, sent{wire.OpPhoto, wire.CodecJPEGTables, jpeg.Coarse}
		w.drain()
		for i, c := range []struct {
			limit int
			want  []sent
		}{
			{encode.MaxLimit, []sent{finePhoto}},
			{4 << 10, []sent{coarse, coarsePhoto}},
			{4 << 10, []sent{coarsePhoto}},
			{encode.MaxLimit, []sent{finePhoto}},
		} {
			got := again(c.limit)
			w.drain()
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("%d: %s", i, d)
			}
		}
		w.canvas.Refresh()
		w.once()
		if d := cmp.Diff([]sent{fine, finePhoto}, w.photoOps()); d != "" {
			t.Errorf("a new epoch: %s", d)
		}
		w.settle()
		w.exact(d)
	})
}

func TestViewerWithoutTablesGetsWholePhotos(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := scene(t, image.Rect(0, 0, 200, 100))
		var ops []uint32
		for _, k := range viewer.Operations() {
			if k != uint32(wire.OpTables) {
				ops = append(ops, k)
			}
		}
		if err := w.canvas.SetViewer(ops, 0); err != nil {
			t.Fatal(err)
		}
		d.photo(image.Rect(0, 0, 200, 100))
		w.canvas.Update(d.take())
		w.once()
		if d := cmp.Diff([]sent{{wire.OpPhoto, wire.CodecJPEG, 0}}, w.photoOps()); d != "" {
			t.Error(d)
		}
	})
}
