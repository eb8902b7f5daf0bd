//go:build !linux

package main

import "errors"

// pages is the file of this process in memory, of which this system keeps what
// it finds right.
type pages struct{}

func openPages() (*pages, error) { return nil, errors.ErrUnsupported }

func (*pages) close()          {}
func (*pages) resident() int64 { return 0 }
func (*pages) giveBack()       {}
