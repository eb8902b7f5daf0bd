//go:build !amd64

package jpeg

func wide() bool { return false }

func convertAVX2(_, _, _ *pair, _ *byte, _ int) {}

func transformAVX2(_, _ *pair) {}

func masksAVX2(*pair, *[128]uint32) (a, b uint64) { return 0, 0 }
