// Package wayland is a small Wayland client: a connection and the few protocols
// that capture and input need of a compositor of the wlroots family. It is there
// on Linux only.
//
// A [Conn] has no goroutine. Requests are collected and go out when its user waits;
// events are handed to the handlers of their objects, on the goroutine that waits.
// All its methods but Close are therefore called from one goroutine at a time.
// Close may be called from any, and ends a wait.
//
// Everything that a compositor sends is checked: a message that is cut, too long,
// or for an object that does not exist ends the connection with an error.
package wayland
