package viewer

import "golang.org/x/sys/cpu"

// wide is true where the processor has what colour_amd64.s uses: every one since
// 2013 but the smallest.
func wide() bool { return cpu.X86.HasAVX2 }

// drawAVX2 turns a row into R, G, B, 255. There are as many pixels as luma is
// long, a multiple of lane; two share a sample of each kind of chroma.
//
//go:noescape
func drawAVX2(dst, luma, cb, cr []byte)
