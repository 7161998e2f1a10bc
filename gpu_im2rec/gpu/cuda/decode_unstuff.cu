// Coded data -> code: markers are cut out, and the 0x00 that follows each 0xFF of code. See decode_batch.cu.

__device__ inline int picture_of_chunk(int chunk, const Jpeg* jpegs, int count) {
    return owner_of(chunk, count, [&](int p) { return jpegs[p].first_chunk; });
}

// Hands the bytes of code in one chunk to keep(byte), and the markers that begin there to mark(their second byte), in their
// order; returns whether there are fill bytes: 0xFF before 0xFF, which is allowed before a marker, and of which
// libjpeg-turbo makes this or that. Those behind the end marker are counted, too, and cost no more than the CPU's time.
template <class Keep, class Mark>
__device__ inline bool read_chunk(const Jpeg& jpeg, const u8* coded, int chunk, Keep keep, Mark mark) {
    bool filled = false;
    const u8* data = coded + jpeg.coded;
    int from = (chunk - jpeg.first_chunk) * CHUNK, to = smaller(from + CHUNK, jpeg.bytes);
    int before = from ? data[from - 1] : 0;
    for (int i = from; i < to; i++) {
        int value = data[i];
        if (value == 0xFF) {
            int behind = i + 1 < jpeg.bytes ? data[i + 1] : 0xFF;  // a 0xFF that ends the data is nothing
            if (behind == 0) keep(0xFF);
            else if (behind != 0xFF) mark(behind);
            else filled |= i + 1 < jpeg.bytes;
        } else if (before != 0xFF) {
            keep(value);
        }
        before = value;
    }
    return filled;
}

extern "C" __global__ void count_bytes(const Jpeg* jpegs, int count, int chunks, const u8* coded, u64* chunk_counts,
                                       int* flags) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= chunks) return;
    int p = picture_of_chunk(c, jpegs, count);
    u64 total = 0;
    bool filled = read_chunk(jpegs[p], coded, c, [&](int) { total++; }, [&](int) { total += MARKERS; });
    if (filled) atomicOr(flags + p, FILL_BYTES);
    chunk_counts[c] = total;
}

__device__ inline u32 bytes_in(u64 counts) { return (u32)(counts & (MARKERS - 1)); }

__device__ inline int markers_in(u64 counts) { return (int)(counts / MARKERS); }

// What the picture has before a chunk, as in chunk_counts.
__device__ inline u64 counts_before(const Jpeg& jpeg, const u64* chunk_ends, int chunk) {
    u64 all = chunk ? chunk_ends[chunk - 1] : 0;
    return all - (jpeg.first_chunk ? chunk_ends[jpeg.first_chunk - 1] : 0);
}

// What it has in all.
__device__ inline u64 counts_of(const Jpeg& jpeg, const u64* chunk_ends) {
    return counts_before(jpeg, chunk_ends, jpeg.first_chunk + (jpeg.bytes + CHUNK - 1) / CHUNK);
}

extern "C" __global__ void find_markers(const Jpeg* jpegs, int count, int chunks, const u8* coded, const u64* chunk_counts,
                                        const u64* chunk_ends, u32* segment_ends, int* flags) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= chunks || !markers_in(chunk_counts[c])) return;
    int p = picture_of_chunk(c, jpegs, count);
    const Jpeg& jpeg = jpegs[p];
    u64 before = counts_before(jpeg, chunk_ends, c);
    u32 bytes = bytes_in(before);
    int segment = markers_in(before);
    auto mark = [&](int marker) {
        if (segment < jpeg.segments) {
            segment_ends[jpeg.first_segment + segment] = bytes;
            int due = segment == jpeg.segments - 1 ? 0xD9 : 0xD0 + (segment & 7);
            if (marker != due) atomicOr(flags + p, ODD_MARKER);
        }
        segment++;
    };
    read_chunk(jpeg, coded, c, [&](int) { bytes++; }, mark);
}

// Bytes of code in the picture before one of its segments; all there are, where markers are missing.
__device__ inline u32 segment_start(const Jpeg& jpeg, int segment, u64 all, const u32* segment_ends) {
    if (segment == 0) return 0;
    return segment <= markers_in(all) ? segment_ends[jpeg.first_segment + segment - 1] : bytes_in(all);
}

extern "C" __global__ void lay_out_segments(const Jpeg* jpegs, int count, int total, const u64* chunk_ends,
                                            const u32* segment_ends, Segment* segments, int* lengths, int* flags) {
    int s = blockIdx.x * blockDim.x + threadIdx.x;
    if (s >= total) return;
    int p = owner_of(s, count, [&](int i) { return jpegs[i].first_segment; });
    const Jpeg& jpeg = jpegs[p];
    int number = s - jpeg.first_segment;
    u64 all = counts_of(jpeg, chunk_ends);
    if (number >= markers_in(all)) atomicOr(flags + p, ENDS_EARLY);
    u32 bytes = segment_start(jpeg, number + 1, all, segment_ends) - segment_start(jpeg, number, all, segment_ends);
    int first_mcu = number * jpeg.mcus_a_segment;
    Segment segment;
    segment.bits = (u64)bytes * 8;
    segment.picture = p;
    segment.first_subsequence = 0;  // known after the running sum
    segment.first_block = first_mcu * jpeg.blocks_an_mcu;
    segment.blocks = smaller(jpeg.mcus - first_mcu, jpeg.mcus_a_segment) * jpeg.blocks_an_mcu;
    segments[s] = segment;
    lengths[s] = bytes ? (int)((segment.bits + SUBSEQUENCE - 1) / SUBSEQUENCE) : 1;
}

// code: words, as bytes.
extern "C" __global__ void unstuff(const Jpeg* jpegs, int count, int chunks, const u8* coded, const u64* chunk_ends,
                                   const u32* segment_ends, const int* lengths, const int* length_ends, u8* code) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= chunks) return;
    const Jpeg& jpeg = jpegs[picture_of_chunk(c, jpegs, count)];
    u64 before = counts_before(jpeg, chunk_ends, c);
    int segment = markers_in(before);
    if (segment >= jpeg.segments) return;
    auto start = [&](int number) {
        int s = jpeg.first_segment + number;
        return (u64)(length_ends[s] - lengths[s]) * (SUBSEQUENCE / 8);
    };
    u64 target = start(segment) + bytes_in(before) - (segment ? segment_ends[jpeg.first_segment + segment - 1] : 0);
    auto keep = [&](int value) {
        if (segment < jpeg.segments) code[target++ ^ 3] = (u8)value;  // the first byte is the word's most significant
    };
    auto mark = [&](int) {
        segment++;
        if (segment < jpeg.segments) target = start(segment);
    };
    read_chunk(jpeg, coded, c, keep, mark);
}
