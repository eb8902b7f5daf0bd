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

// Constants of a pass: the scale, c4, c6, c2minus6, c2plus6.
#define FIVE(name, scale, c4, c6, c2minus6, c2plus6) \
	DATA name+0(SB)/4, scale \
	DATA name+4(SB)/4, c4 \
	DATA name+8(SB)/4, c6 \
	DATA name+12(SB)/4, c2minus6 \
	DATA name+16(SB)/4, c2plus6 \
	GLOBL name(SB), RODATA|NOPTR, $20

FIVE(acrossOf<>, $290, $205, $111, $157, $379)
FIVE(downOf<>, $512, $362, $196, $277, $669)

// TIMES multiplies v by constant i of those at R8.
#define TIMES(v, i, t) \
	VPBROADCASTD (4*i)(R8), t \
	VPMULLD      t, v, v

// PASS transforms 8 vectors at at(R9), 64 bytes apart, to
// Y8, Y14, Y11, Y13, Y9, Y7, Y12, Y15; the steps are those of transform.
#define PASS(at) \
	VMOVDQU (at+0)(R9), Y0 \
	VMOVDQU (at+64)(R9), Y1 \
	VMOVDQU (at+128)(R9), Y2 \
	VMOVDQU (at+192)(R9), Y3 \
	VMOVDQU (at+256)(R9), Y4 \
	VMOVDQU (at+320)(R9), Y5 \
	VMOVDQU (at+384)(R9), Y6 \
	VMOVDQU (at+448)(R9), Y7 \
	VPADDD  Y7, Y0, Y8 \
	VPSUBD  Y7, Y0, Y0 \
	VPADDD  Y6, Y1, Y9 \
	VPSUBD  Y6, Y1, Y1 \
	VPADDD  Y5, Y2, Y10 \
	VPSUBD  Y5, Y2, Y2 \
	VPADDD  Y4, Y3, Y11 \
	VPSUBD  Y4, Y3, Y3 \
	VPADDD  Y11, Y8, Y4 \
	VPSUBD  Y11, Y8, Y5 \
	VPADDD  Y10, Y9, Y6 \
	VPSUBD  Y10, Y9, Y7 \
	VPADDD  Y6, Y4, Y8 \
	TIMES(Y8, 0, Y15) \
	VPSUBD  Y6, Y4, Y9 \
	TIMES(Y9, 0, Y15) \
	VPADDD  Y5, Y7, Y10 \
	TIMES(Y10, 1, Y14) \
	TIMES(Y5, 0, Y15) \
	VPADDD  Y10, Y5, Y11 \
	VPSUBD  Y10, Y5, Y12 \
	VPADDD  Y2, Y3, Y3 \
	VPADDD  Y1, Y2, Y2 \
	VPADDD  Y0, Y1, Y1 \
	VPSUBD  Y1, Y3, Y4 \
	TIMES(Y4, 2, Y13) \
	TIMES(Y3, 3, Y13) \
	VPADDD  Y4, Y3, Y3 \
	TIMES(Y1, 4, Y13) \
	VPADDD  Y4, Y1, Y1 \
	TIMES(Y2, 1, Y14) \
	TIMES(Y0, 0, Y15) \
	VPADDD  Y2, Y0, Y5 \
	VPSUBD  Y2, Y0, Y6 \
	VPADDD  Y3, Y6, Y7 \
	VPSUBD  Y3, Y6, Y13 \
	VPADDD  Y1, Y5, Y14 \
	VPSUBD  Y1, Y5, Y15

// TURN stores 4x4 pairs with rows and columns exchanged.
#define TURN(a, b, c, d, at) \
	VPUNPCKLQDQ b, a, Y0 \
	VPUNPCKHQDQ b, a, Y1 \
	VPUNPCKLQDQ d, c, Y2 \
	VPUNPCKHQDQ d, c, Y3 \
	VPERM2I128  $0x20, Y2, Y0, Y4 \
	VPERM2I128  $0x20, Y3, Y1, Y5 \
	VPERM2I128  $0x31, Y2, Y0, Y0 \
	VPERM2I128  $0x31, Y3, Y1, Y1 \
	VMOVDQU     Y4, (at+0)(DI) \
	VMOVDQU     Y5, (at+64)(DI) \
	VMOVDQU     Y0, (at+128)(DI) \
	VMOVDQU     Y1, (at+192)(DI)

#define STORE(at) \
	VMOVDQU Y8, (at+0)(DI) \
	VMOVDQU Y14, (at+64)(DI) \
	VMOVDQU Y11, (at+128)(DI) \
	VMOVDQU Y13, (at+192)(DI) \
	VMOVDQU Y9, (at+256)(DI) \
	VMOVDQU Y7, (at+320)(DI) \
	VMOVDQU Y12, (at+384)(DI) \
	VMOVDQU Y15, (at+448)(DI)

// func transformAVX2(out, p *pair)
TEXT ·transformAVX2(SB), NOSPLIT, $0-16
	MOVQ out+0(FP), DI
	MOVQ p+8(FP), R9
	LEAQ downOf<>(SB), R8
	PASS(0)
	TURN(Y8, Y14, Y11, Y13, 0)
	TURN(Y9, Y7, Y12, Y15, 32)
	PASS(32)
	TURN(Y8, Y14, Y11, Y13, 256)
	TURN(Y9, Y7, Y12, Y15, 288)
	MOVQ DI, R9
	LEAQ acrossOf<>(SB), R8
	PASS(0)
	STORE(0)
	PASS(32)
	STORE(32)
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
