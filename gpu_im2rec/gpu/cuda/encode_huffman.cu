// Quantised coefficients -> Huffman code, with the standard tables. See encode_batch.cu.

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
