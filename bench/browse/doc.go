// Package browse shows the console in a Chromium with a window, for a harness
// that looks at a display. It talks to the browser only while it sets it up: a
// debugger that stays attached would be told of every message of the viewer.
package browse
