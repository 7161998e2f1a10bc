// Just enough of CUDA's C++ for kernels without shared memory or barriers to run on the host, one thread after another.
#pragma once
#include <math.h>
#include <string.h>
#define __global__
#define __device__
struct Index { unsigned x; };
static thread_local Index blockIdx, threadIdx, blockDim;
template <class Number, class Bits>
static inline Number atomicOr(Number* at, Bits bits) { Number old = *at; *at |= (Number)bits; return old; }
static inline int atomicAdd(int* at, int more) { int old = *at; *at += more; return old; }
template <class Number>
static inline Number atomicMax(Number* at, Number other) { Number old = *at; if (other > old) *at = other; return old; }
static inline int __clz(int value) { return value ? __builtin_clz((unsigned)value) : 32; }
static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned by) {
    return by ? high << by | low >> (32 - by) : high;
}
static inline long long __double_as_longlong(double value) { long long bits; memcpy(&bits, &value, 8); return bits; }
static inline double __longlong_as_double(long long bits) { double value; memcpy(&value, &bits, 8); return value; }
template <class Kernel, class... Arguments>
static void run(int threads, Kernel kernel, Arguments... arguments) {
    blockDim.x = 1;
    threadIdx.x = 0;
    for (int t = 0; t < threads; t++) { blockIdx.x = t; kernel(arguments...); }
}
