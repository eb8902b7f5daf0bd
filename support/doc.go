// Package support is the support session as a pure state machine: commands go
// in, events come out. It does no I/O and has no clock; the time comes with each
// command. Whoever runs it writes the events to the audit log first and acts on
// them afterwards.
//
// Two gates stand before [Active]: approval by IT, for sessions a customer asked
// for, and consent of the person at the endpoint, for every session. The table of
// [Transitions] is the whole machine, and that of [Rights] says who may give which
// command; docs/SESSIONS.md shows both, and a test holds them together.
package support
