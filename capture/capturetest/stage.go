package capturetest

import (
	"image"
	"image/color"
	"testing"
)

// Stage is a desktop that a test can paint on and whose truth it can see. When a
// method returns, the change is there for any source that looks.
type Stage interface {
	// Fill paints a rectangle.
	Fill(t testing.TB, r image.Rectangle, c color.RGBA)
	// Put paints a picture at its own bounds.
	Put(t testing.TB, m *image.RGBA)
	// Scroll moves the content of a rectangle down (or up) within it, leaving
	// the rest of it as it was.
	Scroll(t testing.TB, r image.Rectangle, dy int)
	// Truth is what the desktop shows, alpha 255.
	Truth(t testing.TB) *image.RGBA
}

// Windowed is a stage with a window that covers a part of it.
type Windowed interface {
	// MoveWindow moves the window, showing it first if it is not.
	MoveWindow(t testing.TB, to image.Point)
}

// Resizer is a stage whose desktop can change its size.
type Resizer interface {
	Resize(t testing.TB, size image.Point)
}

// Pointed is a stage with a pointer.
type Pointed interface {
	// MovePointer moves it as a device does.
	MovePointer(t testing.TB, to image.Point)
	// ShapeCursor gives it one of many shapes; the same number, the same shape.
	ShapeCursor(t testing.TB, n int)
	// HideCursor gives it an empty shape.
	HideCursor(t testing.TB)
}
