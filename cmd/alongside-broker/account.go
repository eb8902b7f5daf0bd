package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/broker/account"
)

type accountCmd struct {
	Create accountCreateCmd `cmd:"" help:"Create an account; the first one is an administrator and completes the setup."`
	List   accountListCmd   `cmd:"" help:"List accounts."`
	// Password and MFA are for who cannot sign in any more.
	Password accountPasswordCmd `cmd:"" help:"Give an account another password; ends its sign-ins and API keys."`
	MFA      accountMFACmd      `cmd:"" name:"mfa" help:"Second factors."`
}

type accountCreateCmd struct {
	Name         string `help:"Name to sign in with." required:""`
	DisplayName  string `help:"Name that customers see." required:""`
	Admin        bool   `help:"Make it an administrator."`
	Organisation string `help:"Name of the organisation, with the first account."`
	PasswordFile string `help:"File with the password in its first line; without it the password is read from stdin." type:"path"`
}

// maxPasswordFile is more than a password takes.
const maxPasswordFile = 4096

// Run creates the account.
func (c *accountCreateCmd) Run(r *run) error {
	password, err := readPassword(c.PasswordFile, r.stdin)
	if err != nil {
		return err
	}
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	p, err := b.CreateAccount(r.ctx, account.NewAccount{
		Name: c.Name, DisplayName: c.DisplayName, Admin: c.Admin, Organisation: c.Organisation, Password: password,
	})
	if err = errors.Join(err, b.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(r.stdout, p.ID)
	return err
}

func readPassword(file string, stdin io.Reader) (account.Secret, error) {
	in := stdin
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("password: %w", err)
		}
		defer f.Close()
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxPasswordFile)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("password: %w", err)
	}
	return account.Secret(strings.TrimRight(line, "\r\n")), nil
}

type accountListCmd struct{}

// Run lists the accounts.
func (accountListCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	all, err := b.Accounts(r.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(r.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "NAME\tDISPLAY NAME\tROLES\tFACTORS\tLAST SIGN-IN\tSTATE")
	for _, a := range all {
		state, seen := "enabled", "never"
		if !a.DisabledAt.IsZero() {
			state = "disabled"
		}
		if !a.SeenAt.IsZero() {
			seen = a.SeenAt.Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", a.Name, a.DisplayName, account.RoleNames(a), a.Factors, seen, state)
	}
	return w.Flush()
}

type accountPasswordCmd struct {
	Name         string `arg:"" help:"Name or id of the account."`
	PasswordFile string `help:"File with the password in its first line; without it the password is read from stdin." type:"path"`
}

// Run gives an account another password.
func (c *accountPasswordCmd) Run(r *run) (err error) {
	password, err := readPassword(c.PasswordFile, r.stdin)
	if err != nil {
		return err
	}
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.ResetPassword(r.ctx, c.Name, password)
}

type accountMFACmd struct {
	Reset     accountMFAResetCmd     `cmd:"" help:"Take the second factors of an account away; ends its sign-ins."`
	Mandatory accountMFAMandatoryCmd `cmd:"" help:"Say whether every rep has to have a second factor."`
}

type accountMFAResetCmd struct {
	Name string `arg:"" help:"Name or id of the account."`
}

// Run takes the second factors of an account away.
func (c *accountMFAResetCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.ResetMFA(r.ctx, c.Name)
}

type accountMFAMandatoryCmd struct {
	Setting string `arg:"" enum:"on,off" help:"on or off."`
}

// Run says whether every rep has to have a second factor.
func (c *accountMFAMandatoryCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.SetMFAMandatory(r.ctx, c.Setting == "on")
}
