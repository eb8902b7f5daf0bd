// Package bed sets up the whole system out of real parts: an X server with a
// small desktop on it, a broker and an agent as the processes that are shipped,
// and a rep's browser. The whole-system tests and the demo are made of it.
package bed
