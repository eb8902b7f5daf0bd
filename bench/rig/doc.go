// Package rig puts Alongside on the side-by-side harness's desktop as it is
// used: a broker with TLS, an enrolled agent, a rep who signs in and asks, a Yes
// that is clicked on the desktop. The steps are processes of their own, because
// the harness starts and measures them apart; they meet in one work folder.
package rig
