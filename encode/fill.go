package encode

import "github.com/alongside-remote/alongside/wire"

func (s *sender) appendFills(dst []byte) []byte {
	for from := 0; from < len(s.fills); from += wire.MaxRects {
		s.filled = s.filled[:0]
		for _, g := range s.fills[from:min(from+wire.MaxRects, len(s.fills))] {
			s.filled = append(s.filled, wire.Fill{
				Rect: wireRect(g.r), R: uint8(g.colour >> 16), G: uint8(g.colour >> 8), B: uint8(g.colour),
			})
		}
		s.op = wire.Op{Kind: wire.OpFill, Fills: s.filled}
		dst = wire.AppendOp(dst, &s.op)
	}
	return dst
}
