// Package jpeg writes photos of a desktop as baseline JPEG, for the time until
// their exact pixels follow.
//
// It does one thing, fast: rows of B, G, R, X to a picture of three components,
// chroma at half resolution (4:2:0), Huffman tables fixed in advance. The tables
// either stand in every picture ([Encoder.AppendComplete]) or, as abbreviated
// streams of the standard, once in a stream of their own ([Encoder.AppendTables])
// and in none of the pictures ([Encoder.Append]).
//
//	colour.go   B, G, R, X to six blocks of luma and chroma
//	dct.go      the forward transform of two blocks at once
//	simd_*      conversion, transform and the search for what is not zero, by AVX2
//	quantise.go what is worth its bits
//	huffman.go  codes and the block's bits
//	bits.go     the bit stream
//	tables.go   quantisers and codes of a [Quality]
//	encoder.go  markers, and the walk over the picture
//
// Two blocks share every int64 as far as arithmetic is linear: a + b<<32. Sums,
// differences and products with constants of both are one instruction, and the
// two come apart again as long as each fits an int32.
package jpeg
