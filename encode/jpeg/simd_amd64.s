#include "textflag.h"

// Words B, G, R, X.
DATA lumaOf<>+0(SB)/8, $0x000026454b230e98
DATA lumaOf<>+8(SB)/8, $0x000026454b230e98
DATA lumaOf<>+16(SB)/8, $0x000026454b230e98
DATA lumaOf<>+24(SB)/8, $0x000026454b230e98
GLOBL lumaOf<>(SB), RODATA|NOPTR, $32

DATA blueOf<>+0(SB)/8, $0x0000ea66d59a4000
DATA blueOf<>+8(SB)/8, $0x0000ea66d59a4000
DATA blueOf<>+16(SB)/8, $0x0000ea66d59a4000
DATA blueOf<>+24(SB)/8, $0x0000ea66d59a4000
GLOBL blueOf<>(SB), RODATA|NOPTR, $32

DATA redOf<>+0(SB)/8, $0x00004000ca68f598
DATA redOf<>+8(SB)/8, $0x00004000ca68f598
DATA redOf<>+16(SB)/8, $0x00004000ca68f598
DATA redOf<>+24(SB)/8, $0x00004000ca68f598
GLOBL redOf<>(SB), RODATA|NOPTR, $32

// Half of a unit of luma, 128 of them less.
DATA lumaHalf<>+0(SB)/4, $-4177920
GLOBL lumaHalf<>(SB), RODATA|NOPTR, $4

// Half of a unit of four pixels' chroma.
DATA chromaHalf<>+0(SB)/4, $65536
GLOBL chromaHalf<>(SB), RODATA|NOPTR, $4

// PAIRS makes a + b<<32 of dwords a, b: below a negative a one is borrowed from b.
#define PAIRS(v, t) \
	VPSRAD $31, v, t \
	VPSLLQ $32, t, t \
	VPADDD t, v, v

// LUMA stores a row: llo, lhi are the left 8 pixels, rlo, rhi the right ones.
#define LUMA(llo, lhi, rlo, rhi, at) \
	VPMADDWD    Y14, llo, Y8 \
	VPMADDWD    Y14, lhi, Y9 \
	VPHADDD     Y9, Y8, Y8 \
	VPMADDWD    Y14, rlo, Y9 \
	VPMADDWD    Y14, rhi, Y10 \
	VPHADDD     Y10, Y9, Y9 \
	VPADDD      Y11, Y8, Y8 \
	VPADDD      Y11, Y9, Y9 \
	VPSRAD      $15, Y8, Y8 \
	VPSRAD      $15, Y9, Y9 \
	VPUNPCKLDQ  Y9, Y8, Y10 \
	VPUNPCKHDQ  Y9, Y8, Y9 \
	PAIRS(Y10, Y8) \
	PAIRS(Y9, Y8) \
	VMOVDQU     X10, at+0(DI) \
	VMOVDQU     X9, at+16(DI) \
	VEXTRACTI128 $1, Y10, at+32(DI) \
	VEXTRACTI128 $1, Y9, at+48(DI)

// CHROMA stores the 4 values of 8 pixels of two rows.
#define CHROMA(lo0, hi0, lo1, hi1, at) \
	VPADDW      lo1, lo0, lo0 \
	VPADDW      hi1, hi0, hi0 \
	VPUNPCKLQDQ hi0, lo0, lo1 \
	VPUNPCKHQDQ hi0, lo0, lo0 \
	VPADDW      lo0, lo1, lo1 \
	VPMADDWD    Y13, lo1, lo0 \
	VPMADDWD    Y12, lo1, hi0 \
	VPHADDD     hi0, lo0, lo0 \
	VPBROADCASTD chromaHalf<>(SB), hi0 \
	VPADDD      hi0, lo0, lo0 \
	VPSRAD      $17, lo0, lo0 \
	VPSHUFD     $0xd8, lo0, lo0 \
	PAIRS(lo0, hi0) \
	VMOVDQU     lo0, at(SI)

// func convertAVX2(upper, lower, chroma *pair, pix *byte, stride int)
TEXT ·convertAVX2(SB), NOSPLIT, $0-40
	MOVQ         upper+0(FP), DI
	MOVQ         lower+8(FP), R8
	MOVQ         chroma+16(FP), SI
	MOVQ         pix+24(FP), DX
	MOVQ         stride+32(FP), CX
	VPXOR        Y15, Y15, Y15
	VMOVDQU      lumaOf<>(SB), Y14
	VMOVDQU      blueOf<>(SB), Y13
	VMOVDQU      redOf<>(SB), Y12
	VPBROADCASTD lumaHalf<>(SB), Y11
	MOVL         $2, BX

half:
	MOVL $4, AX

rows:
	VMOVDQU    (DX), Y0
	VMOVDQU    32(DX), Y1
	VMOVDQU    (DX)(CX*1), Y2
	VMOVDQU    32(DX)(CX*1), Y3
	LEAQ       (DX)(CX*2), DX
	VPUNPCKLBW Y15, Y0, Y4
	VPUNPCKHBW Y15, Y0, Y0
	VPUNPCKLBW Y15, Y1, Y5
	VPUNPCKHBW Y15, Y1, Y1
	VPUNPCKLBW Y15, Y2, Y6
	VPUNPCKHBW Y15, Y2, Y2
	VPUNPCKLBW Y15, Y3, Y7
	VPUNPCKHBW Y15, Y3, Y3
	LUMA(Y4, Y0, Y5, Y1, 0)
	LUMA(Y6, Y2, Y7, Y3, 64)
	CHROMA(Y4, Y0, Y6, Y2, 0)
	CHROMA(Y5, Y1, Y7, Y3, 32)
	ADDQ       $128, DI
	ADDQ       $64, SI
	DECL       AX
	JNZ        rows
	MOVQ       R8, DI
	DECL       BX
	JNZ        half
	VZEROUPPER
	RET

// func masksAVX2(v *pair, little *[128]uint32) (a, b uint64)
TEXT ·masksAVX2(SB), NOSPLIT, $0-32
	MOVQ v+0(FP), SI
	MOVQ little+8(FP), DI
	MOVQ $0x5555555555555555, R8
	MOVQ $0xaaaaaaaaaaaaaaaa, R9
	XORL R10, R10               // of a
	XORL R11, R11               // of b
	MOVQ $480, CX               // offset of the last 8 dwords

eight:
	XORL AX, AX
	MOVL $8, DX

dwords:
	VMOVDQU   (SI)(CX*1), Y0
	VPABSD    Y0, Y0
	VPCMPGTD  (DI)(CX*1), Y0, Y0
	VMOVMSKPS Y0, BX
	SHLQ      $8, AX
	ORQ       BX, AX
	SUBQ      $32, CX
	DECL      DX
	JNZ       dwords
	PEXTQ     R8, AX, BX
	SHLQ      $32, R10
	ORQ       BX, R10
	PEXTQ     R9, AX, BX
	SHLQ      $32, R11
	ORQ       BX, R11
	CMPQ      CX, $0
	JGE       eight
	MOVQ      R10, a+16(FP)
	MOVQ      R11, b+24(FP)
	VZEROUPPER
	RET
