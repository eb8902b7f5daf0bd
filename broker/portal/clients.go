package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
)

// DownloadPath is where clients are fetched: by system and processor.
const DownloadPath = "/portal/client/"

// LogoPath is where the organisation's picture is.
const LogoPath = "/portal/logo"

// Client is the endpoint's program for one system.
type Client struct {
	OS, Arch string
	Name     string // as it is saved
	Size     int64
	SHA256   string // hex
}

// systems are those that there may be a client for.
var systems = []Client{
	{OS: "windows", Arch: "amd64", Name: "alongside.exe"},
	{OS: "windows", Arch: "arm64", Name: "alongside.exe"},
	{OS: "darwin", Arch: "arm64", Name: "alongside"},
	{OS: "darwin", Arch: "amd64", Name: "alongside"},
	{OS: "linux", Arch: "amd64", Name: "alongside"},
	{OS: "linux", Arch: "arm64", Name: "alongside"},
}

// clients is the folder of them, as `make dist` leaves it. A file is hashed once,
// and again when it is another one.
type clients struct {
	dir  string
	log  *slog.Logger
	mu   sync.Mutex
	sums map[string]sum // by file
}

type sum struct {
	at   time.Time
	size int64
	hash string
}

func newClients(dir string, log *slog.Logger) *clients {
	return &clients{dir: dir, log: log, sums: make(map[string]sum)}
}

// file is what a client is called in the folder.
func (c Client) file() string {
	name := "alongside-" + c.OS + "-" + c.Arch
	if c.OS == "windows" {
		name += ".exe"
	}
	return name
}

// list is those that are there.
func (c *clients) list() []Client {
	if c.dir == "" {
		return nil
	}
	var all []Client
	for _, s := range systems {
		f, err := c.open(s)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				c.log.Error("client of the portal page", "file", s.file(), "error", err)
			}
			continue
		}
		s.Size, s.SHA256 = f.size, f.hash
		_ = f.Close()
		all = append(all, s)
	}
	return all
}

// opened is one file with its hash.
type opened struct {
	*os.File
	sum
}

func (c *clients) open(s Client) (*opened, error) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, fmt.Errorf("folder of clients: %w", err)
	}
	defer func() { _ = root.Close() }()
	f, err := root.Open(s.file())
	if err != nil {
		return nil, err
	}
	h, err := c.hash(s.file(), f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &opened{f, h}, nil
}

func (c *clients) hash(name string, f *os.File) (sum, error) {
	st, err := f.Stat()
	if err != nil {
		return sum{}, err
	}
	if !st.Mode().IsRegular() {
		return sum{}, fmt.Errorf("%s is no file", name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if have := c.sums[name]; have.size == st.Size() && have.at.Equal(st.ModTime()) {
		return have, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum{}, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return sum{}, err
	}
	c.sums[name] = sum{st.ModTime(), st.Size(), hex.EncodeToString(h.Sum(nil))}
	return c.sums[name], nil
}

// Clients lists the programs that can be fetched.
func (p *Portal) Clients() []Client { return p.clients.list() }

// Download serves the program for the system that the path ends with.
func (p *Portal) Download(w http.ResponseWriter, r *http.Request) {
	want := strings.TrimPrefix(r.URL.Path, DownloadPath)
	i := slices.IndexFunc(systems, func(s Client) bool { return s.OS+"-"+s.Arch == want })
	if i < 0 || p.clients.dir == "" {
		http.NotFound(w, r)
		return
	}
	if !p.downloadings.Allow(account.Prefix(r.RemoteAddr), p.conf.Now()) {
		http.Error(w, "too many downloads: wait a minute", http.StatusTooManyRequests)
		return
	}
	f, err := p.clients.open(systems[i])
	if err != nil {
		p.conf.Log.InfoContext(r.Context(), "client of the portal page", "file", systems[i].file(), "error", err)
		http.Error(w, "there is no client for this system here", http.StatusNotFound)
		return
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="`+systems[i].Name+`"`)
	h.Set("ETag", `"`+f.hash+`"`)
	http.ServeContent(w, r, "", f.at, f)
}

// Logo serves the organisation's picture.
func (p *Portal) Logo(w http.ResponseWriter, r *http.Request) {
	set, err := p.Settings(r.Context())
	if err != nil || len(set.Logo) == 0 {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", http.DetectContentType(set.Logo))
	h.Set("Cache-Control", "no-cache")
	_, _ = w.Write(set.Logo)
}
