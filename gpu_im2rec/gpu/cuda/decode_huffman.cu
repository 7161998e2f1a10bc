// Code -> quantised coefficients, by many threads for each picture. See decode_batch.cu.
//
// Where a code word begins is known only to who decoded the one before it. So each subsequence is decoded from a guess:
// Huffman codes fall in step by themselves, with code words soon, with blocks and their place in the MCU later, half of all
// subsequences before they end. Then each is decoded from the state in which the one before it ended, and where that
// changes how it ends itself, so is the next one, in the next pass. When nothing changes any more, every subsequence was
// decoded from the right state, and a last pass writes what it decodes.
// After Weissenberger and Schmidt, "Accelerating JPEG Decompression on GPUs" (arXiv 2111.09219).
//
// Two lists of what a pass has to do take turns, the pass reading one and writing the other; guess writes the first's:
//   to_do, to_do_next    Task, room for as many as there are subsequences
//   to_do_counts         int32, one a pass: tasks that its list has, and one more: what the last pass left; zero at first

struct Task {
    u64 state;  // to decode from
    int subsequence;
    int padding;
};

__device__ inline u64 state_of(u32 bit, int block, int coefficient) { return (u64)bit << 16 | block << 8 | coefficient; }

__device__ inline u32 bit_of(u64 state) { return (u32)(state >> 16); }

// 32 bits from any bit on; from call to call that bit moves on by 32 at most.
struct Window {
    const u32* words;
    u32 word;            // that `bits` begins in
    u32 bits, bits_next;

    __device__ inline void open(const u32* from, u32 bit) {
        words = from;
        word = bit >> 5;
        bits = words[word];
        bits_next = words[word + 1];
    }

    __device__ inline u32 at(u32 bit) {
        if (bit >> 5 != word) {
            word = bit >> 5;
            bits = bits_next;
            bits_next = words[word + 1];
        }
        return __funnelshift_l(bits_next, bits, bit & 31);
    }
};

// (length << 8) | symbol of the code that `bits` begins with; length 17 and symbol 0 where there is none, as in libjpeg.
__device__ inline int code_at(const Table* table, u32 bits) {
    int found = table->look[bits >> (32 - LOOK)];
    if (found) return found;
    for (int length = LOOK + 1; length <= 16; length++) {
        int code = (int)(bits >> (32 - length));
        if (code <= table->last[length]) return length << 8 | table->symbols[(code + table->offset[length]) & 255];
    }
    return 17 << 8;
}

// The value of `size` bits that follow a code (EXTEND of T.81, F.2.2.1): those that begin with 0 are negative.
__device__ inline int value_of(u32 bits, int size) {
    int value = (int)(bits >> (32 - size));
    return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
}

// Decodes from `state` to the first code at bit `end` or beyond; returns the state there. Hands each value that is coded to
// coefficient(number, value), 0 being the DC, calls bad() for bits that are no code, after which it goes on as libjpeg does,
// and after each block block_done(), which returns whether to stop there.
template <class Coefficient, class BlockDone, class Bad>
__device__ inline u64 decode(const Jpeg& jpeg, const Table* tables, const u32* words, u64 state, u32 end,
                             Coefficient coefficient, BlockDone block_done, Bad bad) {
    u32 bit = bit_of(state);
    int block = (int)(state >> 8) & 255, number = (int)state & 255;
    const Table* dc = tables + jpeg.dc_table[block];
    const Table* ac = tables + jpeg.ac_table[block];
    Window window;
    window.open(words, bit);
    while (bit < end) {
        u32 bits = window.at(bit);
        int code = code_at(number ? ac : dc, bits);
        int length = code >> 8, zeros = code >> 4 & 15, size = code & 15;
        if (length > 16) bad();
        int value = size ? value_of(bits << length, size) : 0;
        bit += length + size;
        if (number == 0) {
            coefficient(0, value);
            number = 1;
        } else if (size) {
            number += zeros;
            coefficient(smaller(number, 63), value);  // zeros beyond the block: libjpeg passes over them in silence
            number++;
        } else {
            number = zeros == 15 ? number + 16 : 64;
        }
        if (number >= 64) {
            number = 0;
            block = block + 1 == jpeg.period ? 0 : block + 1;
            dc = tables + jpeg.dc_table[block];
            ac = tables + jpeg.ac_table[block];
            if (block_done()) break;
        }
    }
    return state_of(bit, block, number);
}

// The bit at which a segment's subsequence ends, counted from 0 within the segment.
__device__ inline u32 end_of(const Segment& segment, int number) {
    u64 end = (u64)(number + 1) * SUBSEQUENCE;
    return (u32)(end < segment.bits ? end : segment.bits);
}

__device__ inline const u32* words_of(const Segment& segment, const u32* words) {
    return words + (u64)segment.first_subsequence * SUBSEQUENCE_WORDS;
}

// The state in which subsequence q of a segment ends if it begins in `state`; and finished[q].
__device__ inline u64 state_behind(const Jpeg* jpegs, const Segment& segment, const Table* tables, const u32* words, int q, u64 state,
                            int* finished) {
    int blocks = 0;
    u64 end = decode(
        jpegs[segment.picture], tables, words_of(segment, words), state, end_of(segment, q - segment.first_subsequence),
        [](int, int) {}, [&] { blocks++; return false; }, [] {});
    finished[q] = blocks;
    return end;
}

__device__ inline void add_task(Task* to_do, int* count, int subsequence, u64 state) {
    Task task = {state, subsequence, 0};
    to_do[atomicAdd(count, 1)] = task;
}

__device__ inline bool has_tables(const Jpeg& jpeg, const Table* tables) {
    for (int i = 0; i < jpeg.period; i++) {
        if (!tables[jpeg.dc_table[i]].valid || !tables[jpeg.ac_table[i]].valid) return false;
    }
    return true;
}

// Before that it finds which segment each subsequence is a part of; the first of a segment completes it, and looks at its
// tables. all: threads, at least as many as there are subsequences.
extern "C" __global__ void guess(const Jpeg* jpegs, int segment_count, int all, const int* lengths, const int* length_ends,
                                 Segment* segments, const Table* tables, const u32* words, int* segment_of, u64* begun,
                                 u64* ended, int* finished, Task* to_do, int* to_do_counts, int* flags) {
    int q = blockIdx.x * blockDim.x + threadIdx.x;
    if (q >= all) return;
    if (q >= length_ends[segment_count - 1]) {
        segment_of[q] = -1;
        finished[q] = 0;
        return;
    }
    int s = owner_of(q, segment_count, [&](int i) { return length_ends[i] - lengths[i]; });
    const Segment& known = segments[s];  // but for what the first of its subsequences fills in
    Segment segment = {known.bits, known.picture, length_ends[s] - lengths[s], known.first_block, known.blocks};
    if (q == segment.first_subsequence) {
        segments[s].first_subsequence = q;
        if (!has_tables(jpegs[segment.picture], tables)) atomicOr(flags + segment.picture, BAD_TABLE);
    }
    u64 state = state_of((u32)(q - segment.first_subsequence) * SUBSEQUENCE, 0, 0);
    segment_of[q] = s;
    begun[q] = state;
    ended[q] = state_behind(jpegs, segment, tables, words, q, state, finished);
    if (q + 1 < length_ends[s]) add_task(to_do, to_do_counts, q + 1, ended[q]);
}

extern "C" __global__ void synchronise(const Jpeg* jpegs, int all, const Segment* segments, const Table* tables,
                                       const u32* words, const int* segment_of, u64* begun, u64* ended, int* finished,
                                       int pass, int* to_do_counts, const Task* to_do, Task* to_do_next) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= to_do_counts[pass]) return;
    int q = to_do[t].subsequence, s = segment_of[q];
    u64 end = state_behind(jpegs, segments[s], tables, words, q, to_do[t].state, finished);
    begun[q] = to_do[t].state;
    if (end == ended[q]) return;
    ended[q] = end;
    if (q + 1 < all && segment_of[q + 1] == s) add_task(to_do_next, to_do_counts + pass + 1, q + 1, end);
}

extern "C" __global__ void write_coefficients(const Jpeg* jpegs, int all, const Segment* segments, const Table* tables,
                                              const u32* words, const int* segment_of, const u64* begun, const u64* ended,
                                              const int* finished_ends, short* coefficients, int* dcs, int* flags) {
    int q = blockIdx.x * blockDim.x + threadIdx.x;
    if (q >= all || segment_of[q] < 0) return;
    Segment segment = segments[segment_of[q]];
    const Jpeg& jpeg = jpegs[segment.picture];
    int first = segment.first_subsequence;
    int* flag = flags + segment.picture;
    if (q > first && begun[q] != ended[q - 1]) {
        atomicOr(flag, NOT_IN_STEP);
        return;
    }
    int block = q == first ? 0 : finished_ends[q - 1] - (first ? finished_ends[first - 1] : 0);
    if (block >= segment.blocks) return;  // what lies behind the last block is the affair of the one that ends it
    u32 end = end_of(segment, q - first);
    int found = 0;
    short* target = coefficients + (u64)(jpeg.first_block + segment.first_block + block) * 64;
    auto coefficient = [&](int number, int value) {
        if (number) target[number] = (short)value;
        else dcs[dc_place(jpeg, segment.first_block + block).index] = value;
    };
    auto one_more = [&] {
        block++;
        target += 64;
        return block == segment.blocks;
    };
    u64 state = decode(jpeg, tables, words_of(segment, words), begun[q], end, coefficient, one_more, [&] { found |= NO_SUCH_CODE; });
    if (block == segment.blocks) {
        if (bit_of(state) > segment.bits) found |= ENDS_EARLY;
        else if (segment.bits - bit_of(state) >= 8) found |= LEFT_OVER;
    } else if (end == segment.bits) {
        found |= ENDS_EARLY;
    }
    if (found) atomicOr(flag, found);
}
