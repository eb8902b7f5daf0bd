package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/broker/account"
)

type accountCmd struct {
	Create accountCreateCmd `cmd:"" help:"Create an account; the first one is an administrator and completes the setup."`
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
	password, err := c.password(r.stdin)
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

func (c *accountCreateCmd) password(stdin io.Reader) (account.Secret, error) {
	in := stdin
	if c.PasswordFile != "" {
		f, err := os.Open(c.PasswordFile)
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
