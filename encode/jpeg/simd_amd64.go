package jpeg

import "golang.org/x/sys/cpu"

// wide is true where the processor has what simd_amd64.s uses: every one since
// 2013 but the smallest.
func wide() bool { return cpu.X86.HasAVX2 && cpu.X86.HasBMI2 }

// convertAVX2 is convert, of 16 rows of 64 bytes. Here lanes borrow nothing from
// each other: a&0xffffffff | b<<32.
//
//go:noescape
func convertAVX2(upper, lower, chroma *pair, pix *byte, stride int)

// transformAVX2 is transform.
//
//go:noescape
func transformAVX2(out, p *pair)

// masksAVX2 has a bit k for each block where |v[k]| is more than its little.
//
//go:noescape
func masksAVX2(v *pair, little *[128]uint32) (a, b uint64)
