// Package lossless has the pixel codecs of wire.OpLossless, both ways.
//
// [Encoder.AppendCopies] is for text and everything that was drawn: a pixel is
// a copy of one that both sides know, found in two dimensions. What was sent
// exactly stays in a history of [HistoryWidth] x [HistoryHeight] pixels, so that
// a letter costs its picture once and a few bytes each time after that:
//
//	history.go   what both sides remember, and where the next rectangle goes
//	encoder.go   rectangles to rows, rows to tokens
//	choose.go    which token is the best for a place
//	patch.go     where the same picture was before
//	section.go   four streams of bytes, each with its own Huffman code
//	decoder.go, rows.go   the way back
//
// [Encoder.AppendPlanes] is for photographs, where nothing ever repeats: the
// difference to what the neighbours promise, one plane for each of green, red -
// green and blue - green (planes.go, frame.go).
//
// docs/PROTOCOL.md section 7 describes the formats.
package lossless
