// Package capturetest has what tests of capturing need: a scripted source
// ([Script]), a painter of known pictures on a real X server ([Painter]) and the
// conformance suite of all backends ([Run]).
package capturetest
