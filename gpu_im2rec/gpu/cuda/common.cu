// What every kernel file builds on. Kernels use no shared memory and no barriers: no thread waits for another or reads what
// another one of its launch writes, but for atomic counters and bits. So a loop over the threads is a valid run, and the
// tests build the same text for the host.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// Of the coefficient with each number in zigzag order: its place in the block, row by row.
__device__ const u8 ZIGZAG[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

__device__ inline int smaller(int a, int b) { return a < b ? a : b; }

__device__ inline int clamped(int value, int last) { return value < 0 ? 0 : value > last ? last : value; }

__device__ inline int descaled(int value, int bits) { return (value + (1 << (bits - 1))) >> bits; }

// Of libjpeg's "islow" DCT and its inverse.
const int CONST_BITS = 13;  // of the factors: 4433 is 0.541196100 * 2^13
const int PASS_BITS = 2;    // that values keep between rows and columns

// Which of `owners` (pictures, segments, axes) item t belongs to, where starts(o) is the first item of owner o; these
// ascend, and of equal ones the last has the item.
template <class Starts>
__device__ inline int owner_of(int t, int owners, Starts starts) {
    int low = 0, high = owners - 1;
    while (low < high) {
        int middle = (low + high + 1) >> 1;
        if (starts(middle) <= t) low = middle;
        else high = middle - 1;
    }
    return low;
}
