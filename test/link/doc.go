// Package link makes thin and lossy links: two network namespaces joined by a
// program that carries packets between a TUN device in each, and delays, drops
// and paces them on the way. Everything above it is the kernel's own: TCP and UDP
// behave as they do on such a link. It needs root and Linux, and no module of the
// kernel beyond tun.
//
//	   namespace A                    this process                   namespace B
//	┌───────────────┐   ┌──────────────────────────────────────┐   ┌───────────────┐
//	│ tun 10.77.0.1 ├──▶│ rate, queue ─▶ loss ─▶ delay (FIFO)  ├──▶│ tun 10.77.0.2 │
//	│               │◀──┤ delay (FIFO) ◀─ loss ◀─ rate, queue  │◀──┤               │
//	└───────────────┘   └──────────────────────────────────────┘   └───────────────┘
package link
