// Quantised coefficients -> samples, by the IDCTs of libjpeg: "islow" (jidctint.c) for blocks of 8x8, the reduced ones
// (jidctred.c, jddctmgr.c) for those of 4x4, 2x2 and 1x1. See decode_batch.cu.
//
// libjpeg-turbo's SIMD keeps 16 bits between some steps and 32 within, its C keeps more. They differ where a value does not
// fit, which happens in damaged files only: such a block is wild, and its picture left to the CPU. Where all that is
// checked here fits, no sum of 32 bits overflows.

// Collects whether any of many values is not in -limit ... limit - 1; gives 16 bits of each.
struct Fits {
    u32 limit;
    bool beyond;

    __device__ inline int operator()(int value) {
        beyond |= (u32)value + limit >= 2 * limit;
        return (short)value;
    }
};

// One column (bits: CONST_BITS - PASS_BITS) or row (CONST_BITS + PASS_BITS + 3) of 8, in place; `step` from one to the next.
__device__ inline void idct8(int* d, int step, int bits, Fits& fits) {
    int z1 = (d[2 * step] + d[6 * step]) * 4433;
    int t2 = z1 - d[6 * step] * 15137, t3 = z1 + d[2 * step] * 6270;
    int t0 = fits(d[0] + d[4 * step]) * (1 << CONST_BITS), t1 = fits(d[0] - d[4 * step]) * (1 << CONST_BITS);
    int t10 = t0 + t3, t13 = t0 - t3, t11 = t1 + t2, t12 = t1 - t2;

    int z3 = fits(d[7 * step] + d[3 * step]), z4 = fits(d[5 * step] + d[step]), z5 = (z3 + z4) * 9633;
    int z2 = (d[5 * step] + d[3 * step]) * -20995;
    z1 = (d[7 * step] + d[step]) * -7373;
    z3 = z3 * -16069 + z5;
    z4 = z4 * -3196 + z5;
    t0 = d[7 * step] * 2446 + z1 + z3;
    t1 = d[5 * step] * 16819 + z2 + z4;
    t2 = d[3 * step] * 25172 + z2 + z3;
    t3 = d[step] * 12299 + z1 + z4;

    d[0] = descaled(t10 + t3, bits);
    d[7 * step] = descaled(t10 - t3, bits);
    d[step] = descaled(t11 + t2, bits);
    d[6 * step] = descaled(t11 - t2, bits);
    d[2 * step] = descaled(t12 + t1, bits);
    d[5 * step] = descaled(t12 - t1, bits);
    d[3 * step] = descaled(t13 + t0, bits);
    d[4 * step] = descaled(t13 - t0, bits);
}

// The same for 4 values out of 8; the fifth does not count. They go to d[0], d[step], d[2 * step] and d[3 * step].
__device__ inline void idct4(int* d, int step, int bits) {
    int even = d[2 * step] * 15137 - d[6 * step] * 6270, dc = d[0] * (1 << (CONST_BITS + 1));
    int t10 = dc + even, t12 = dc - even;
    int t0 = d[7 * step] * -1730 + d[5 * step] * 11893 + d[3 * step] * -17799 + d[step] * 8697;
    int t2 = d[7 * step] * -4176 + d[5 * step] * -4926 + d[3 * step] * 7373 + d[step] * 20995;
    d[0] = descaled(t10 + t2, bits + 1);
    d[3 * step] = descaled(t10 - t2, bits + 1);
    d[step] = descaled(t12 + t0, bits + 1);
    d[2 * step] = descaled(t12 - t0, bits + 1);
}

// The same for 2 values out of 8; of the even ones only the first counts. They go to d[0] and d[step].
__device__ inline void idct2(int* d, int step, int bits) {
    int dc = d[0] * (1 << (CONST_BITS + 2));
    int odd = d[7 * step] * -5906 + d[5 * step] * 6967 + d[3 * step] * -10426 + d[step] * 29692;
    d[0] = descaled(dc + odd, bits + 2);
    d[step] = descaled(dc - odd, bits + 2);
}

// Which columns of coefficients a reduced IDCT looks at.
template <int EDGE>
__device__ inline bool counts(int column) {
    return EDGE == 8 || (EDGE == 4 ? column != 4 : column == 0 || (EDGE == 2 && column % 2 == 1));
}

// Writes EDGE samples as one word, the first in the lowest byte.
template <int EDGE>
__device__ inline void write_row(const int* values, u8* target, Fits& reaches) {
    u64 row = 0;
#pragma unroll
    for (int x = 0; x < EDGE; x++) row |= (u64)clamped(reaches(values[x]) + 128, 255) << (8 * x);
    if (EDGE == 8) *(u64*)target = row;
    if (EDGE == 4) *(u32*)target = (u32)row;
    if (EDGE == 2) *(u16*)target = (u16)row;
    if (EDGE == 1) *target = (u8)row;
}

// Writes EDGE x EDGE samples of 64 dequantised coefficients (row by row); returns whether any value was wild, and then
// the samples mean nothing.
template <int EDGE>
__device__ inline bool transform_wild(int* v, u8* target, int pitch) {
    Fits fits = {EDGE == 8 ? 32768u : 16384u, false};  // the reduced IDCTs' sums of more would overflow 32 bits
    Fits reaches = {512, false};  // the 10 bits of jdct.h's RANGE_MASK, beyond which C goes round and SIMD stays
#pragma unroll
    for (int x = 0; x < 8; x++) {
        if (!counts<EDGE>(x)) continue;
        for (int y = 0; y < 8; y++) fits(v[8 * y + x]);
        if (EDGE == 8) idct8(v + x, 8, CONST_BITS - PASS_BITS, fits);
        if (EDGE == 4) idct4(v + x, 8, CONST_BITS - PASS_BITS);
        if (EDGE == 2) idct2(v + x, 8, CONST_BITS - PASS_BITS);
        for (int y = 0; y < EDGE; y++) v[8 * y + x] = fits(v[8 * y + x]);
    }
#pragma unroll
    for (int y = 0; y < EDGE; y++) {
        int* row = v + 8 * y;
        if (EDGE == 8) idct8(row, 1, CONST_BITS + PASS_BITS + 3, fits);
        if (EDGE == 4) idct4(row, 1, CONST_BITS + PASS_BITS + 3);
        if (EDGE == 2) idct2(row, 1, CONST_BITS + PASS_BITS + 3);
        if (EDGE == 1) row[0] = descaled(row[0], 3);
        write_row<EDGE>(row, target + (u64)y * pitch, reaches);
    }
    return fits.beyond || reaches.beyond;
}

// A segment begins with a DC of its own: the running sum before its first block of this component does not count.
__device__ inline int dc_of_block(const Jpeg& jpeg, const Place& place, const int* dc_ends) {
    int part = place.component ? jpeg.lumas_an_mcu + place.component - 1 : 0;
    int first = place.mcu / jpeg.mcus_a_segment * jpeg.mcus_a_segment * jpeg.blocks_an_mcu + part;
    int before = dc_place(jpeg, first).index - 1;
    return (int)((u32)dc_ends[place.index] - (before >= 0 ? (u32)dc_ends[before] : 0));
}

// Where the first sample of a block goes.
__device__ inline u64 block_target(const Jpeg& jpeg, const Place& place, const Component& component) {
    int row = place.mcu / jpeg.mcus_across, column = place.mcu % jpeg.mcus_across;
    if (place.component == 0) {
        int down = jpeg.lumas_an_mcu / jpeg.lumas_across;
        column = column * jpeg.lumas_across + place.luma % jpeg.lumas_across;
        row = row * down + place.luma / jpeg.lumas_across;
    }
    return component.samples + (u64)row * component.edge * component.pitch + column * component.edge;
}

extern "C" __global__ void inverse_dct(const Jpeg* jpegs, int count, int blocks, const short* coefficients,
                                       const int* dc_ends, const u16* quantisers, u8* samples, int* flags) {
    int b = blockIdx.x * blockDim.x + threadIdx.x;
    if (b >= blocks) return;
    int p = owner_of(b, count, [&](int i) { return jpegs[i].first_block; });
    const Jpeg& jpeg = jpegs[p];
    Place place = dc_place(jpeg, b - jpeg.first_block);
    const Component& component = jpeg.component[place.component];

    const u64* source = (const u64*)(coefficients + (u64)b * 64);
    const u64* divisors = (const u64*)(quantisers + component.quantiser * 64);
    int v[64];
    Fits fits = {32768, false};
#pragma unroll
    for (int i = 0; i < 16; i++) {
        u64 four = source[i], times = divisors[i];
#pragma unroll
        for (int k = 0; k < 4; k++) {
            int coefficient = (short)(four >> (16 * k));
            if (i == 0 && k == 0) coefficient = fits(dc_of_block(jpeg, place, dc_ends));
            v[ZIGZAG[4 * i + k]] = fits((int)((u32)coefficient * (u32)(u16)(times >> (16 * k))));
        }
    }

    int edge = component.edge, pitch = component.pitch;
    u8* target = samples + block_target(jpeg, place, component);
    bool wild = edge == 8   ? transform_wild<8>(v, target, pitch)
                : edge == 4 ? transform_wild<4>(v, target, pitch)
                : edge == 2 ? transform_wild<2>(v, target, pitch)
                            : transform_wild<1>(v, target, pitch);
    if (wild || fits.beyond) atomicOr(flags + p, WILD_LEVELS);
}
