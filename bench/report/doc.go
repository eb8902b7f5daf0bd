// Package report turns the harness's results into docs/PERFORMANCE.md: every
// target with our figure beside each peer's, the ratio to the best of them taken
// within one repetition, and the worst repetition's ratio as the claim.
package report
