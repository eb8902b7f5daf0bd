// Package layer shows the program's own pictures over everything else on compositors
// of the wlroots family: in the overlay layer of wlr-layer-shell. It has them copied
// back out of what a monitor shows, since no compositor tells a program that another
// lies over it. It is there on Linux only.
package layer
