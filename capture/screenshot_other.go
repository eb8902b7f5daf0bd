//go:build !linux

package capture

func prepareScreenshot(Options) error { return nil }
