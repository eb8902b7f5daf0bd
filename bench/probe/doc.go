// Package probe is a client's half of the side-by-side harness's protocol: one
// JSON object per line says what was decoded and when, and lines that come in
// name the pixels to look at and the picture to compare with.
//
//	to the harness   connected · full · u (update) · cmp (comparison) · snap · bytes
//	from it          probe x,y … · watch FILE · unwatch · mask x,y,w,h · snap FILE · bytes · quit
package probe
