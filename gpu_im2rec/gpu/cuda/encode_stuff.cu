// Code -> coded data: a 0xFF in the code is followed by 0x00, lest it be taken for a marker. See encode_batch.cu.

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
                                   const long long* ff_ends, long long* code_bytes, long long* sizes) {
    int p = blockIdx.x * blockDim.x + threadIdx.x;
    if (p >= count) return;
    int first = pictures[p].first_block, chunk = first_chunk[p];
    u64 bits = ends[first + pictures[p].blocks - 1] - (first ? ends[first - 1] : 0);
    long long stuffed = ff_ends[first_chunk[p + 1] - 1] - (chunk ? ff_ends[chunk - 1] : 0);
    code_bytes[p] = (long long)((bits + 7) / 8);
    sizes[p] = code_bytes[p] + stuffed + 2;  // the end marker
}

// room: bytes of out.
extern "C" __global__ void stuff(const u32* words, int count, int chunks, const int* first_chunk, const long long* code_bytes,
                                 const int* ffs, const long long* ff_ends, const long long* sizes,
                                 const long long* size_ends, u64 room, u8* out) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= chunks) return;
    int p = owner_of(t, count, [&](int i) { return first_chunk[i]; });
    long long from = (long long)(t - first_chunk[p]) * 4 * CHUNK_WORDS, left = code_bytes[p] - from;
    int bytes = left < 4 * CHUNK_WORDS ? (int)left : 4 * CHUNK_WORDS;
    if (left <= 0 || (u64)size_ends[p] > room) return;
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
