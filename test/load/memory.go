//go:build linux

package main

import (
	"context"
	"strings"
)

type held struct{}

func (o options) memory(ctx context.Context, r *report) error { return nil }

func (r *report) memory(b *strings.Builder) {}
