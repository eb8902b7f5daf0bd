//go:build !unix

package main

import "errors"

type elevatedCmd struct{}

// Run is the elevated role, which no other system starts yet.
func (*elevatedCmd) Run(*env) error { return errors.ErrUnsupported }
