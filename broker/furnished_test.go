package broker

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
)

// folder is what is in a folder, by path.
type folder map[string]entry

type entry struct {
	mode fs.FileMode
	data []byte
}

// furnished is a broker's data folder with an admin and two reps, whose passwords
// suffice. Its database, its keys and their password hashes are made once for all tests:
// that costs more processor time than most of them.
var furnished = sync.OnceValues(func() (folder, error) {
	dir, err := os.MkdirTemp("", "alongside-broker-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := furnish(context.Background(), data); err != nil {
		return nil, err
	}
	return readFolder(data)
})

func furnish(ctx context.Context, data string) error {
	books, err := OpenBooks(ctx, data, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	for _, a := range []account.NewAccount{
		{Name: "ada", DisplayName: "Ada Admin", Admin: true, Organisation: "Example Ltd", Password: password},
		{Name: "rob", DisplayName: "Rob Rep", Password: password},
		{Name: "ria", DisplayName: "Ria Rep", Password: password},
	} {
		if _, err := books.CreateAccount(ctx, a); err != nil {
			return errors.Join(err, books.Close())
		}
	}
	if err := books.Close(); err != nil {
		return err
	}
	return passwordsSuffice(ctx, data)
}

// passwordsSuffice has the organisation demand no second factor, as one that was
// set up before that was the default; the audit log does not tell it.
func passwordsSuffice(ctx context.Context, data string) error {
	s, err := store.Open(ctx, filepath.Join(data, "broker.db"))
	if err != nil {
		return err
	}
	return errors.Join(s.Update(ctx, func(tx *store.Tx) error { return tx.SetMFAMandatory(false) }), s.Close())
}

func readFolder(dir string) (folder, error) {
	f := folder{}
	return f, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		e := entry{mode: info.Mode()}
		if !d.IsDir() {
			e.data, err = os.ReadFile(path)
		}
		f[name] = e
		return err
	})
}

// put makes a folder of the same files with the same rights.
func (f folder) put(dir string) error {
	for name, e := range f {
		path := filepath.Join(dir, name)
		if e.mode.IsDir() {
			if err := errors.Join(os.MkdirAll(path, 0o700), os.Chmod(path, e.mode.Perm())); err != nil {
				return err
			}
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, e.data, e.mode.Perm())); err != nil {
			return err
		}
	}
	return nil
}
