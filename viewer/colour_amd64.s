#include "textflag.h"

// Each of 8 bytes three times: times 0x10101.
DATA lumaOf<>+0(SB)/8, $0x8001010180000000
DATA lumaOf<>+8(SB)/8, $0x8003030380020202
DATA lumaOf<>+16(SB)/8, $0x8005050580040404
DATA lumaOf<>+24(SB)/8, $0x8007070780060606
GLOBL lumaOf<>(SB), RODATA|NOPTR, $32

// Each of 4 bytes for two pixels.
DATA chromaOf<>+0(SB)/8, $0x8080800080808000
DATA chromaOf<>+8(SB)/8, $0x8080800180808001
DATA chromaOf<>+16(SB)/8, $0x8080800280808002
DATA chromaOf<>+24(SB)/8, $0x8080800380808003
GLOBL chromaOf<>(SB), RODATA|NOPTR, $32

// Those of color.YCbCrToRGB, in 65536ths.
DATA middle<>(SB)/4, $128
GLOBL middle<>(SB), RODATA|NOPTR, $4
DATA redByRed<>(SB)/4, $91881
GLOBL redByRed<>(SB), RODATA|NOPTR, $4
DATA greenByBlue<>(SB)/4, $22554
GLOBL greenByBlue<>(SB), RODATA|NOPTR, $4
DATA greenByRed<>(SB)/4, $46802
GLOBL greenByRed<>(SB), RODATA|NOPTR, $4
DATA blueByBlue<>(SB)/4, $116130
GLOBL blueByBlue<>(SB), RODATA|NOPTR, $4
DATA most<>(SB)/4, $0xffffff
GLOBL most<>(SB), RODATA|NOPTR, $4
DATA opaque<>(SB)/4, $0xff000000
GLOBL opaque<>(SB), RODATA|NOPTR, $4

// CHANNEL leaves the integral part of a channel, 0 to 255.
#define CHANNEL(c) \
	VPMAXSD Y6, c, c \
	VPMINSD Y8, c, c \
	VPSRLD  $16, c, c

// func drawAVX2(dst, luma, cb, cr []byte)
TEXT ·drawAVX2(SB), NOSPLIT, $0-96
	MOVQ         dst_base+0(FP), DI
	MOVQ         luma_base+24(FP), SI
	MOVQ         luma_len+32(FP), CX
	MOVQ         cb_base+48(FP), R8
	MOVQ         cr_base+72(FP), R9
	VMOVDQU      lumaOf<>(SB), Y15
	VMOVDQU      chromaOf<>(SB), Y14
	VPBROADCASTD middle<>(SB), Y13
	VPBROADCASTD redByRed<>(SB), Y12
	VPBROADCASTD greenByBlue<>(SB), Y11
	VPBROADCASTD greenByRed<>(SB), Y10
	VPBROADCASTD blueByBlue<>(SB), Y9
	VPBROADCASTD most<>(SB), Y8
	VPBROADCASTD opaque<>(SB), Y7
	VPXOR        Y6, Y6, Y6

loop:
	VPBROADCASTQ (SI), Y0
	VPSHUFB      Y15, Y0, Y0
	VPBROADCASTD (R8), Y1
	VPSHUFB      Y14, Y1, Y1
	VPSUBD       Y13, Y1, Y1
	VPBROADCASTD (R9), Y2
	VPSHUFB      Y14, Y2, Y2
	VPSUBD       Y13, Y2, Y2
	VPMULLD      Y12, Y2, Y3
	VPADDD       Y0, Y3, Y3
	VPMULLD      Y10, Y2, Y4
	VPMULLD      Y11, Y1, Y5
	VPSUBD       Y4, Y0, Y4
	VPSUBD       Y5, Y4, Y4
	VPMULLD      Y9, Y1, Y5
	VPADDD       Y0, Y5, Y5
	CHANNEL(Y3)
	CHANNEL(Y4)
	CHANNEL(Y5)
	VPSLLD       $8, Y4, Y4
	VPSLLD       $16, Y5, Y5
	VPOR         Y3, Y7, Y3
	VPOR         Y4, Y5, Y4
	VPOR         Y3, Y4, Y3
	VMOVDQU      Y3, (DI)
	ADDQ         $32, DI
	ADDQ         $8, SI
	ADDQ         $4, R8
	ADDQ         $4, R9
	SUBQ         $8, CX
	JNE          loop
	VZEROUPPER
	RET
