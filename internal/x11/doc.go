// Package x11 opens connections to X servers for the capture and input backends
// and adds to xgb what they need and it lacks.
//
// A [Conn] is an xgb connection whose stream is read through a filter of ours:
//
//   - Events do not go to xgb but to a bounded queue with a doorbell
//     ([Conn.Wake], [Conn.Events]). xgb cannot read the long events of XInput 2,
//     blocks all replies when nobody collects its events, and decodes events by
//     tables shared by all connections of the process.
//   - Extensions are opened by [Conn.Extension], which leaves those tables alone:
//     two connections never race. Do not call the Init functions of xgb's
//     extension packages.
//   - An error of an extension reaches the caller as an xproto.ImplementationError;
//     xgb would leave a request hanging whose error it has no constructor for.
//
// Handshake, cookie and socket are ours too, so that "no display" and "refused"
// are told apart.
package x11
