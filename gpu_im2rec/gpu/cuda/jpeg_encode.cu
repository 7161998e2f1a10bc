// A batch of pictures to baseline JPEG, byte for byte as libjpeg-turbo encodes the same pixels: 4:2:0 or grey, accurate
// integer DCT, standard Huffman tables. One kernel a step; pictures of all sizes share each launch:
//
//   transform       pixels -> quantised coefficients               one thread a block of 8x8
//   count_bits      coefficients -> length of each block's code    one thread a block
//                   (running sum: where each block's code begins)
//   write_bits      coefficients -> Huffman code                   one thread a block
//   count_ff        code -> how many bytes of each chunk are 0xFF  one thread a chunk of 64 bytes
//                   (running sum: where each chunk ends up)
//   measure         how many bytes each picture comes to           one thread a picture
//                   (running sum: where each picture ends up)
//   stuff           code -> code with 0x00 after each 0xFF, end marker    one thread a chunk
//
// Rules: ITU-T T.81; rounding as in libjpeg's jccolor.c, jcsample.c, jfdctint.c, jcdctmgr.c, jccoefct.c and jchuff.c.
//
// Buffers
//   pixels        HWC, uint8, RGB or one channel, rows back to back; one address a picture
//   coefficients  int16, in tiles of 32 blocks: coefficient i (zigzag order) of block b is at ((b / 32) * 64 + i) * 32 +
//                 b % 32, so that the 32 threads of a warp touch neighbours. Blocks are in scan order: for colour
//                 Y Y Y Y Cb Cr an MCU of 16x16 pixels, for grey one a block; pictures back to back.
//   bits          int32, one a block
//   ends          uint64, one a block: the running sum of bits, this block included
//   words         uint32, the code of each picture from its first bit in the most significant place; zero at first, with
//                 room for whatever its blocks may come to, in whole chunks of 16 words: picture p owns chunks
//                 first_chunk[p] ... first_chunk[p + 1] - 1
//   ffs           int32, one a chunk
//   ff_ends       int64, one a chunk: the running sum of ffs, this chunk included
//   code_bytes    int32, one a picture: of its code, before stuffing
//   sizes         int64, one a picture: of what follows its header
//   size_ends     int64, one a picture: the running sum of sizes, this picture included
//   out           uint8, what follows each picture's header, pictures back to back; what finds no room is left out

struct Picture {
    u64 pixels;       // address
    int width, height;
    int channels;     // of the pixels: 3 or 1
    int components;   // of the JPEG: 3 or 1; 1 with 3 channels takes their luma
    int mcus_across;
    int first_block;  // in the whole batch
    int blocks;
    int padding;
};

struct Codes {  // (code << 8) | length in bits, by symbol; [0] luma, [1] chroma
    u32 dc[2][12];
    u32 ac[2][256];
};

const int CHUNK_WORDS = 16;
const short REPEATED_DC = 0x7fff;  // in place of a DC: the block lies outside the picture and repeats the DC before it

__device__ inline u64 at(int block, int i) { return ((u64)(block >> 5) * 64 + i) * 32 + (block & 31); }

__device__ inline int picture_of_block(int block, const Picture* pictures, int count) {
    return picture_of(block, count, [&](int p) { return pictures[p].first_block; });
}

// ---- transform: colour, subsampling, DCT, quantisation ----------------------------------------------------------------

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

__device__ inline int rounded(int value, int bits) { return (value + (1 << (bits - 1))) >> bits; }

// One row (columns == false) or column of libjpeg's "islow" DCT, in place; `step` from one value to the next.
__device__ inline void dct(int* d, int step, bool columns) {
    int bits = columns ? 15 : 11;
    int sum07 = d[0] + d[7 * step], odd07 = d[0] - d[7 * step];
    int sum16 = d[step] + d[6 * step], odd16 = d[step] - d[6 * step];
    int sum25 = d[2 * step] + d[5 * step], odd25 = d[2 * step] - d[5 * step];
    int sum34 = d[3 * step] + d[4 * step], odd34 = d[3 * step] - d[4 * step];

    int outer = sum07 + sum34, outer_difference = sum07 - sum34;
    int inner = sum16 + sum25, inner_difference = sum16 - sum25;
    d[0] = columns ? rounded(outer + inner, 2) : (outer + inner) * 4;
    d[4 * step] = columns ? rounded(outer - inner, 2) : (outer - inner) * 4;
    int turn = (inner_difference + outer_difference) * 4433;
    d[2 * step] = rounded(turn + outer_difference * 6270, bits);
    d[6 * step] = rounded(turn - inner_difference * 15137, bits);

    int z1 = (odd34 + odd07) * -7373, z2 = (odd25 + odd16) * -20995;
    int z3 = odd34 + odd16, z4 = odd25 + odd07, z5 = (z3 + z4) * 9633;
    z3 = z3 * -16069 + z5;
    z4 = z4 * -3196 + z5;
    d[7 * step] = rounded(odd34 * 2446 + z1 + z3, bits);
    d[5 * step] = rounded(odd25 * 16819 + z2 + z4, bits);
    d[3 * step] = rounded(odd16 * 25172 + z2 + z3, bits);
    d[step] = rounded(odd07 * 12299 + z1 + z4, bits);
}

// divisors: 64 for luma, 64 for chroma, in natural order.
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

// ---- count_bits, write_bits: Huffman coding ----------------------------------------------------------------------------

__device__ inline int magnitude_bits(int value) { return 32 - __clz(value < 0 ? -value : value); }

__device__ inline int dc_of(const short* coefficients, int block) {
    while (coefficients[at(block, 0)] == REPEATED_DC) block--;
    return coefficients[at(block, 0)];
}

// The DC that block k of a picture is coded against: that of the block before it in the same component.
__device__ inline int dc_before(const short* coefficients, const Picture& picture, int k) {
    int part = k % 6;
    int before = picture.components == 1 ? k - 1 : part == 0 ? k - 3 : part < 4 ? k - 1 : k - 6;
    return before < 0 ? 0 : dc_of(coefficients, picture.first_block + before);
}

// Hands the code of one block to emit(code, bits), piece by piece; each piece has at most 16 bits.
template <class Emit>
__device__ inline void code_block(const short* coefficients, const Picture& picture, int b, const Codes* codes, Emit emit) {
    int k = b - picture.first_block;
    int table = picture.components == 3 && k % 6 >= 4;
    auto symbol = [&](u32 code) { emit(code >> 8, (int)(code & 255)); };
    auto magnitude = [&](int value, int bits) { emit((u32)(value < 0 ? value - 1 : value) & ((1u << bits) - 1), bits); };

    bool repeated = coefficients[at(b, 0)] == REPEATED_DC;
    int difference = dc_of(coefficients, b) - dc_before(coefficients, picture, k);
    int bits = magnitude_bits(difference);
    symbol(codes->dc[table][bits]);
    if (bits) magnitude(difference, bits);

    int zeros = repeated ? 63 : 0;
    for (int i = repeated ? 64 : 1; i < 64; i++) {
        int value = coefficients[at(b, i)];
        if (!value) {
            zeros++;
            continue;
        }
        for (; zeros > 15; zeros -= 16) symbol(codes->ac[table][0xF0]);
        bits = magnitude_bits(value);
        symbol(codes->ac[table][zeros << 4 | bits]);
        magnitude(value, bits);
        zeros = 0;
    }
    if (zeros) symbol(codes->ac[table][0]);
}

extern "C" __global__ void count_bits(const Picture* pictures, int count, int blocks, const short* coefficients,
                                      const Codes* codes, int* bits) {
    int b = blockIdx.x * blockDim.x + threadIdx.x;
    if (b >= blocks) return;
    int total = 0;
    code_block(coefficients, pictures[picture_of_block(b, pictures, count)], b, codes, [&](u32, int n) { total += n; });
    bits[b] = total;
}

extern "C" __global__ void write_bits(const Picture* pictures, int count, int blocks, const short* coefficients,
                                      const Codes* codes, const int* bits, const u64* ends, const int* first_chunk,
                                      u32* words) {
    int b = blockIdx.x * blockDim.x + threadIdx.x;
    if (b >= blocks) return;
    int p = picture_of_block(b, pictures, count);
    Picture picture = pictures[p];
    u64 position = ends[b] - bits[b] - (picture.first_block ? ends[picture.first_block - 1] : 0);
    u32* own = words + (u64)first_chunk[p] * CHUNK_WORDS;
    u64 word = position >> 5;
    u32 pending = 0;  // bits of this word so far, from the top; the bits above them belong to the block before
    int filled = (int)(position & 31);
    auto emit = [&](u32 code, int n) {
        int room = 32 - filled;
        if (n < room) {
            pending |= code << (room - n);
            filled += n;
            return;
        }
        pending |= code >> (n - room);
        atomicOr(own + word, pending);
        word++;
        filled = n - room;
        pending = filled ? code << (32 - filled) : 0;
    };
    code_block(coefficients, picture, b, codes, emit);
    if (b == picture.first_block + picture.blocks - 1) {
        int rest = -filled & 7;
        if (rest) emit((1u << rest) - 1, rest);  // the last byte is filled with ones
    }
    if (pending) atomicOr(own + word, pending);
}

// ---- count_ff, stuff: a 0xFF in the code is followed by 0x00, lest it be taken for a marker ----------------------------

__device__ inline u8 byte_of(const u32* words, int i) { return (u8)(words[i >> 2] >> (24 - 8 * (i & 3))); }

extern "C" __global__ void count_ff(const u32* words, int chunks, int* ffs) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= chunks) return;
    const u32* own = words + (u64)t * CHUNK_WORDS;
    int total = 0;
    for (int i = 0; i < 4 * CHUNK_WORDS; i++) total += byte_of(own, i) == 0xFF;
    ffs[t] = total;
}

extern "C" __global__ void measure(const Picture* pictures, int count, const u64* ends, const int* first_chunk,
                                   const long long* ff_ends, int* code_bytes, long long* sizes) {
    int p = blockIdx.x * blockDim.x + threadIdx.x;
    if (p >= count) return;
    int first = pictures[p].first_block, chunk = first_chunk[p];
    u64 bits = ends[first + pictures[p].blocks - 1] - (first ? ends[first - 1] : 0);
    long long stuffed = ff_ends[first_chunk[p + 1] - 1] - (chunk ? ff_ends[chunk - 1] : 0);
    code_bytes[p] = (int)((bits + 7) / 8);
    sizes[p] = code_bytes[p] + stuffed + 2;  // the end marker
}

// room: bytes of out.
extern "C" __global__ void stuff(const u32* words, int count, int chunks, const int* first_chunk, const int* code_bytes,
                                 const int* ffs, const long long* ff_ends, const long long* sizes,
                                 const long long* size_ends, u64 room, u8* out) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= chunks) return;
    int p = picture_of(t, count, [&](int i) { return first_chunk[i]; });
    int from = (t - first_chunk[p]) * 4 * CHUNK_WORDS;
    int bytes = smaller(code_bytes[p] - from, 4 * CHUNK_WORDS);
    if (bytes <= 0 || (u64)size_ends[p] > room) return;
    long long stuffed_before = ff_ends[t] - ffs[t] - (first_chunk[p] ? ff_ends[first_chunk[p] - 1] : 0);
    const u32* own = words + (u64)t * CHUNK_WORDS;
    u8* target = out + size_ends[p] - sizes[p] + from + stuffed_before;
    for (int i = 0; i < bytes; i++) {
        u8 value = byte_of(own, i);
        *target++ = value;
        if (value == 0xFF) *target++ = 0;
    }
    if (from + bytes == code_bytes[p]) {
        *target++ = 0xFF;
        *target = 0xD9;
    }
}
