// Package oidc lets reps sign in through an OpenID Connect identity provider: the
// authorization code flow with PKCE, a state and a nonce, each bound to the browser
// that began. What the provider says of roles decides who may do what.
package oidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
)

// Config is the file that `serve --oidc` reads.
type Config struct {
	Name             string `json:"name"`   // what the sign-in page calls the provider
	Issuer           string `json:"issuer"` // its address, exactly as its tokens say
	ClientID         string `json:"client_id"`
	ClientSecretFile string `json:"client_secret_file"` // empty: a public client
	// Scopes are asked for beside openid, profile and email.
	Scopes []string `json:"scopes"`
	// RolesClaim is the claim, a text or a list of texts, that Roles maps to ids
	// of roles.
	RolesClaim string            `json:"roles_claim"`
	Roles      map[string]string `json:"roles"`
	// CAFile holds the certificates that the provider is checked with, where the
	// system's do not do.
	CAFile string `json:"ca_file"`

	secret account.Secret
	ca     []byte
}

// Limits of what is read.
const (
	maxConfig = 64 << 10
	maxSecret = 4 << 10
)

// Load reads a file with a configuration, and the files that it names.
func Load(file string) (*Config, error) {
	b, err := read(file, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("identity provider: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := new(Config)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("identity provider: %s: %w", file, err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("identity provider: %s: %w", file, err)
	}
	if c.ClientSecretFile != "" {
		s, err := read(c.ClientSecretFile, maxSecret)
		if err != nil {
			return nil, fmt.Errorf("identity provider: %w", err)
		}
		c.secret = account.Secret(strings.TrimSpace(string(s)))
	}
	if c.CAFile != "" {
		if c.ca, err = read(c.CAFile, maxConfig); err != nil {
			return nil, fmt.Errorf("identity provider: %w", err)
		}
	}
	return c, nil
}

func read(file string, limit int64) ([]byte, error) {
	s, err := os.Stat(file)
	if err == nil && s.Size() > limit {
		err = fmt.Errorf("%s: larger than %d bytes", file, limit)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(file)
}

func (c *Config) check() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return errors.New("issuer: an https address is needed")
	case c.ClientID == "":
		return errors.New("client_id is needed")
	case c.RolesClaim == "" || len(c.Roles) == 0:
		return errors.New("roles_claim and roles are needed: who has none of them cannot sign in")
	}
	if c.Name == "" {
		c.Name = u.Host
	}
	return nil
}

// RoleIDs lists the roles that may be given.
func (c *Config) RoleIDs() []string {
	var all []string
	for _, r := range c.Roles {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	slices.Sort(all)
	return all
}

// roles maps a claim to ids of roles.
func (c *Config) roles(claim any) []string {
	var said []any
	switch v := claim.(type) {
	case string:
		said = []any{v}
	case []any:
		said = v
	}
	var ids []string
	for _, s := range said {
		name, _ := s.(string)
		if id, ok := c.Roles[name]; ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
