package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/alongside-remote/alongside/internal/redact"
)

// env is what every command gets.
type env struct {
	ctx    context.Context //nolint:containedctx // kong hands over one value
	out    io.Writer
	errOut io.Writer
	log    *slog.Logger
	level  string
}

func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: redact.Attr}))
}
