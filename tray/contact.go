package tray

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/internal/wholefile"
	"github.com/alongside-remote/alongside/tray/prompt"
)

// contact is how a person can be reached, remembered for the next request in
// their own configuration.
type contact struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

const (
	contactFile = "contact.json"
	maxContact  = 8 << 10
)

// recall reads what was remembered; anything wrong with it is nothing.
func recall(dir string) prompt.Fields {
	f, err := os.Open(filepath.Join(dir, contactFile))
	if err != nil {
		return prompt.Fields{}
	}
	defer func() { _ = f.Close() }()
	b := make([]byte, maxContact)
	n, _ := f.Read(b)
	var c contact
	if json.Unmarshal(b[:n], &c) != nil {
		return prompt.Fields{}
	}
	return prompt.Fields{Name: c.Name, Email: c.Email, Phone: c.Phone}
}

// remember writes it whole or not at all, for nobody else to read.
func remember(dir string, f prompt.Fields) error {
	if dir == "" {
		return nil
	}
	b, err := json.MarshalIndent(contact{f.Name, f.Email, f.Phone}, "", "  ")
	if err != nil {
		return fmt.Errorf("remember contact: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("remember contact: %w", err)
	}
	return wholefile.Replace(filepath.Join(dir, contactFile), bytes.NewReader(append(b, '\n')), 0o600)
}

// configDir is where this user's programs keep their configuration; empty where
// there is no such place.
func configDir() string {
	d, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(d, "alongside")
}
