// Package jpeg decodes the photos that agents make of a desktop, strip by strip,
// into memory that is used again.
//
// It takes what such photos are: baseline, three components, chroma at half
// resolution (4:2:0), one scan without restarts, Huffman tables as the stream has
// them. Most of their blocks have one coefficient or few of low frequency, and cost
// little here. Everything else it declines, and so whatever is wrong: image/jpeg
// then decodes it or says why not. What it decodes, image/jpeg does, too, with
// samples that differ by one at most.
//
//	decoder.go headers, and the walk over the picture
//	bits.go    the bit stream
//	huffman.go tables that give a symbol and its value by one look
//	block.go   the coefficients of a block
//	idct.go    the inverse transform
//
// Two columns, or two rows, share every int64 as far as arithmetic is linear:
// a + b<<32, as in package encode/jpeg.
package jpeg
