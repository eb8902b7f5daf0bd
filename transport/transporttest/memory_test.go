package transporttest

import (
	"testing"

	"github.com/alongside-remote/alongside/transport"
)

func TestMemoryConforms(t *testing.T) {
	Run(t, func(t *testing.T) (agent, broker transport.Link) { return Pair(t) })
}
