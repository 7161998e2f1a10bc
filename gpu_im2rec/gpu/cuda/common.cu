// What every kernel file builds on. Kernels use no shared memory and no barriers: no thread waits for another or reads what
// another one of its launch writes, so a loop over the threads is a valid run, and the tests build the same text for the
// host.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

__device__ const u8 ZIGZAG[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                  12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                  58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

__device__ inline int smaller(int a, int b) { return a < b ? a : b; }

__device__ inline int within(int value, int last) { return value < 0 ? 0 : value > last ? last : value; }

// The picture to which item t belongs, where starts(p) is the first item of picture p.
template <class Starts>
__device__ inline int picture_of(int t, int pictures, Starts starts) {
    int low = 0, high = pictures - 1;
    while (low < high) {
        int middle = (low + high + 1) >> 1;
        if (starts(middle) <= t) low = middle;
        else high = middle - 1;
    }
    return low;
}
