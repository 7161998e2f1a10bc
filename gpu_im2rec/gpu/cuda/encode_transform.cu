// Pixels -> quantised coefficients: colour, subsampling, DCT, quantisation. See encode_batch.cu.

const int COLOUR_BITS = 16;
const int COLOUR_HALF = 1 << 15;

__device__ inline int luma(const u8* p) { return (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + COLOUR_HALF) >> COLOUR_BITS; }

__device__ inline int chroma(const u8* p, bool blue) {
    int weighted = blue ? -11059 * p[0] - 21709 * p[1] + 32768 * p[2] : 32768 * p[0] - 27439 * p[1] - 5329 * p[2];
    return (weighted + (128 << COLOUR_BITS) + COLOUR_HALF - 1) >> COLOUR_BITS;
}

// 64 levels, less 128; beyond the picture its last column and row go on.
__device__ inline void load_luma(const Picture& picture, int left, int top, int* block) {
    const u8* pixels = (const u8*)picture.pixels;
#pragma unroll
    for (int y = 0; y < 8; y++) {
        const u8* row = pixels + (u64)smaller(top + y, picture.height - 1) * picture.width * picture.channels;
#pragma unroll
        for (int x = 0; x < 8; x++) {
            const u8* p = row + smaller(left + x, picture.width - 1) * picture.channels;
            block[8 * y + x] = (picture.channels == 3 ? luma(p) : p[0]) - 128;
        }
    }
}

// 64 means of 2x2 levels, less 128; the mean of .5 is rounded down in even and up in odd columns.
__device__ inline void load_chroma(const Picture& picture, int left, int top, bool blue, int* block) {
    const u8* pixels = (const u8*)picture.pixels;
    int last_row = (picture.height + 1) / 2 - 1;
#pragma unroll
    for (int y = 0; y < 8; y++) {
        int above = 2 * smaller(top + y, last_row), below = smaller(above + 1, picture.height - 1);
        const u8* upper = pixels + (u64)above * picture.width * 3;
        const u8* lower = pixels + (u64)below * picture.width * 3;
#pragma unroll
        for (int x = 0; x < 8; x++) {
            int first = 3 * smaller(2 * (left + x), picture.width - 1);
            int second = 3 * smaller(2 * (left + x) + 1, picture.width - 1);
            int sum = chroma(upper + first, blue) + chroma(upper + second, blue) + chroma(lower + first, blue) +
                      chroma(lower + second, blue);
            block[8 * y + x] = ((sum + 1 + (x & 1)) >> 2) - 128;
        }
    }
}

// One row (columns == false) or column of libjpeg's "islow" DCT, in place; `step` from one value to the next.
__device__ inline void dct(int* d, int step, bool columns) {
    int bits = columns ? CONST_BITS + PASS_BITS : CONST_BITS - PASS_BITS;
    int sum07 = d[0] + d[7 * step], odd07 = d[0] - d[7 * step];
    int sum16 = d[step] + d[6 * step], odd16 = d[step] - d[6 * step];
    int sum25 = d[2 * step] + d[5 * step], odd25 = d[2 * step] - d[5 * step];
    int sum34 = d[3 * step] + d[4 * step], odd34 = d[3 * step] - d[4 * step];

    int outer = sum07 + sum34, outer_difference = sum07 - sum34;
    int inner = sum16 + sum25, inner_difference = sum16 - sum25;
    d[0] = columns ? descaled(outer + inner, PASS_BITS) : (outer + inner) * (1 << PASS_BITS);
    d[4 * step] = columns ? descaled(outer - inner, PASS_BITS) : (outer - inner) * (1 << PASS_BITS);
    int turn = (inner_difference + outer_difference) * 4433;
    d[2 * step] = descaled(turn + outer_difference * 6270, bits);
    d[6 * step] = descaled(turn - inner_difference * 15137, bits);

    int z1 = (odd34 + odd07) * -7373, z2 = (odd25 + odd16) * -20995;
    int z3 = odd34 + odd16, z4 = odd25 + odd07, z5 = (z3 + z4) * 9633;
    z3 = z3 * -16069 + z5;
    z4 = z4 * -3196 + z5;
    d[7 * step] = descaled(odd34 * 2446 + z1 + z3, bits);
    d[5 * step] = descaled(odd25 * 16819 + z2 + z4, bits);
    d[3 * step] = descaled(odd16 * 25172 + z2 + z3, bits);
    d[step] = descaled(odd07 * 12299 + z1 + z4, bits);
}

extern "C" __global__ void transform(const Picture* pictures, int count, int blocks, const u16* divisors, short* coefficients) {
    int b = blockIdx.x * blockDim.x + threadIdx.x;
    if (b >= blocks) return;
    Picture picture = pictures[picture_of_block(b, pictures, count)];
    int k = b - picture.first_block;
    int values[64];
    bool is_luma = true;
    if (picture.components == 1) {
        load_luma(picture, 8 * (k % picture.mcus_across), 8 * (k / picture.mcus_across), values);
    } else {
        int mcu = k / 6, part = k % 6;
        int column = mcu % picture.mcus_across, row = mcu / picture.mcus_across;
        is_luma = part < 4;
        if (is_luma) {
            int left = 16 * column + 8 * (part & 1), top = 16 * row + 8 * (part >> 1);
            if (left >= picture.width || top >= picture.height) {
                coefficients[at(b, 0)] = REPEATED_DC;
                for (int i = 1; i < 64; i++) coefficients[at(b, i)] = 0;
                return;
            }
            load_luma(picture, left, top, values);
        } else {
            load_chroma(picture, 8 * column, 8 * row, part == 4, values);
        }
    }
#pragma unroll
    for (int i = 0; i < 8; i++) dct(values + 8 * i, 1, false);
#pragma unroll
    for (int i = 0; i < 8; i++) dct(values + i, 8, true);
    const u16* table = divisors + (is_luma ? 0 : 64);
#pragma unroll
    for (int i = 0; i < 64; i++) {
        int divisor = table[ZIGZAG[i]] * 8, value = values[ZIGZAG[i]];  // the DCT's results are 8 times too large
        int quotient = ((value < 0 ? -value : value) + (divisor >> 1)) / divisor;
        coefficients[at(b, i)] = (short)(value < 0 ? -quotient : quotient);
    }
}
