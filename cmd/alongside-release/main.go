// Command alongside-release makes a folder of updates: keys, roots, and signed lists of
// programs. It runs where the keys are, which is on no broker.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/alongside-remote/alongside/update/release"
)

const day = 24 * time.Hour

// cli is every command and flag.
type cli struct {
	Folder string `help:"The folder that mirrors serve." default:"updates" type:"path"`

	Key      keyCmd      `cmd:"" help:"Make a key: FILE, which is secret, and FILE.pub."`
	Draft    draftCmd    `cmd:"" help:"Draft the first or the next root: who may sign what."`
	Sign     signCmd     `cmd:"" help:"Sign the drafted root. With enough signatures it comes into force."`
	Root     rootCmd     `cmd:"" help:"Print the line of a machine's policy that names the newest root."`
	Add      addCmd      `cmd:"" help:"Add the programs of a version, as in dist/client of make dist."`
	Rollout  rolloutCmd  `cmd:"" help:"Say how many percent of the endpoints take a version."`
	Withdraw withdrawCmd `cmd:"" help:"Take a version from the list. Endpoints that have it keep it."`
	Refresh  refreshCmd  `cmd:"" help:"Confirm that the list is the newest, before the last confirmation runs out."`
}

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// run is what commands are given.
type run struct {
	folder release.Folder
	out    io.Writer
}

func execute(args []string, stdout, stderr io.Writer) int {
	var c cli
	done := false
	p, err := kong.New(&c, kong.Name("alongside-release"), kong.Description("Signs updates of Alongside's endpoint."),
		kong.Writers(stdout, stderr), kong.Exit(func(int) { done = true }))
	if err != nil {
		panic("alongside-release: command line of our own making: " + err.Error())
	}
	k, err := p.Parse(args)
	if done {
		return 0
	}
	if err == nil {
		err = k.Run(&run{release.Folder{Path: c.Folder, Now: time.Now}, stdout})
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "alongside-release:", err)
		return 1
	}
	return 0
}

type keyCmd struct {
	File string `arg:"" help:"File to make." type:"path"`
}

// Run makes a key.
func (c *keyCmd) Run() error { return release.NewKey(c.File) }

type draftCmd struct {
	Root      []string `help:"Public keys of the root's owners (FILE.pub)." required:"" type:"existingfile"`
	Threshold int      `help:"How many of them have to sign the next root." required:""`
	Signing   []string `help:"Public keys that may sign lists of programs." required:"" type:"existingfile"`
	Freshness []string `help:"Public keys that may confirm that a list is the newest." required:"" type:"existingfile"`
	Days      int      `help:"For how many days the root and the keys that it names are good." default:"180"`
}

// Run drafts a root.
func (c *draftCmd) Run(r *run) error {
	roles := release.Roles{Threshold: c.Threshold}
	for _, of := range []struct {
		to    *[]ed25519.PublicKey
		files []string
	}{{&roles.Root, c.Root}, {&roles.Signing, c.Signing}, {&roles.Freshness, c.Freshness}} {
		for _, file := range of.files {
			k, err := release.ReadPublicKey(file)
			if err != nil {
				return err
			}
			*of.to = append(*of.to, k)
		}
	}
	return r.folder.Draft(roles, time.Duration(c.Days)*day)
}

type signCmd struct {
	Key string `help:"A root key." required:"" type:"existingfile"`
}

// Run signs the draft.
func (c *signCmd) Run(r *run) error {
	k, err := release.ReadKey(c.Key)
	if err != nil {
		return err
	}
	inForce, err := r.folder.SignRoot(k)
	if err != nil {
		return err
	}
	say := "signed; it needs more signatures"
	if inForce {
		say = "signed; the root is in force"
	}
	_, err = fmt.Fprintln(r.out, say)
	return err
}

type rootCmd struct{}

// Run prints the root's hash.
func (rootCmd) Run(r *run) error {
	root, err := r.folder.Root()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "update_root = \"%x\"\n", sha256.Sum256(root))
	return err
}

// keys are of who signs lists.
type keys struct {
	Signing   string `help:"A signing key." required:"" type:"existingfile"`
	Freshness string `help:"A freshness key." required:"" type:"existingfile"`
}

func (k keys) read() (read release.Keys, err error) {
	if read.Signing, err = release.ReadKey(k.Signing); err != nil {
		return read, err
	}
	read.Freshness, err = release.ReadKey(k.Freshness)
	return read, err
}

type addCmd struct {
	keys
	Release  string   `help:"The version, as the programs say it: v1.4.0." required:""`
	Channel  string   `help:"Which endpoints it is for." default:"stable"`
	Rollout  int      `help:"Percent of them." default:"100"`
	Programs []string `arg:"" help:"alongside-GOOS-GOARCH, one a system." type:"existingfile"`
}

// Run adds a version.
func (c *addCmd) Run(r *run) error {
	k, err := c.read()
	if err != nil {
		return err
	}
	return r.folder.Add(k, c.Release, c.Channel, c.Rollout, c.Programs)
}

type rolloutCmd struct {
	keys
	Release string `arg:"" help:"The version."`
	Percent int    `arg:"" help:"Percent of the endpoints."`
}

// Run changes a share.
func (c *rolloutCmd) Run(r *run) error {
	k, err := c.read()
	if err != nil {
		return err
	}
	return r.folder.Rollout(k, c.Release, c.Percent)
}

type withdrawCmd struct {
	keys
	Release string `arg:"" help:"The version."`
}

// Run takes a version back.
func (c *withdrawCmd) Run(r *run) error {
	k, err := c.read()
	if err != nil {
		return err
	}
	return r.folder.Withdraw(k, c.Release)
}

type refreshCmd struct {
	Freshness string `help:"A freshness key." required:"" type:"existingfile"`
	Days      int    `help:"For how many days." default:"7"`
}

// Run confirms the list.
func (c *refreshCmd) Run(r *run) error {
	k, err := release.ReadKey(c.Freshness)
	if err != nil {
		return err
	}
	return r.folder.Refresh(k, time.Duration(c.Days)*day)
}
