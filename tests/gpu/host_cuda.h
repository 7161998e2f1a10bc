// Just enough of CUDA's C++ for kernels without shared memory or barriers to run on the host, one thread after another.
#pragma once
#define __global__
#define __device__ static
struct Index { unsigned x; };
static thread_local Index blockIdx, threadIdx, blockDim;
static inline unsigned atomicOr(unsigned* at, unsigned bits) { unsigned old = *at; *at |= bits; return old; }
static inline int __clz(int value) { return value ? __builtin_clz((unsigned)value) : 32; }
template <class Kernel, class... Arguments>
static void run(int threads, Kernel kernel, Arguments... arguments) {
    blockDim.x = 1;
    threadIdx.x = 0;
    for (int t = 0; t < threads; t++) { blockIdx.x = t; kernel(arguments...); }
}
