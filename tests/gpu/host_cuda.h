// Just enough of CUDA's C++ for kernels without shared memory or barriers to run on the host: one thread after another, or
// with -DWORKERS=n on n of the host's threads at once.
#pragma once
#include <math.h>
#include <string.h>
#include <thread>
#include <vector>
#ifndef WORKERS
#define WORKERS 1
#endif
#define __global__
#define __device__
struct Index { unsigned x; };
static thread_local Index blockIdx, threadIdx, blockDim;
template <class Number, class Bits>
static inline Number atomicOr(Number* at, Bits bits) { return __atomic_fetch_or(at, (Number)bits, __ATOMIC_RELAXED); }
static inline int atomicAdd(int* at, int more) { return __atomic_fetch_add(at, more, __ATOMIC_RELAXED); }
template <class Number>
static inline Number atomicMax(Number* at, Number other) {
    Number old = __atomic_load_n(at, __ATOMIC_RELAXED);
    while (other > old && !__atomic_compare_exchange_n(at, &old, other, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return old;
}
static inline int __clz(int value) { return value ? __builtin_clz((unsigned)value) : 32; }
static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned by) {
    return by ? high << by | low >> (32 - by) : high;
}
static inline long long __double_as_longlong(double value) { long long bits; memcpy(&bits, &value, 8); return bits; }
static inline double __longlong_as_double(long long bits) { double value; memcpy(&value, &bits, 8); return value; }
template <class Kernel, class... Arguments>
static void run(int threads, Kernel kernel, Arguments... arguments) {
    auto every = [&](int first, int step) {
        blockDim.x = 1;
        threadIdx.x = 0;
        for (int t = first; t < threads; t += step) { blockIdx.x = t; kernel(arguments...); }
    };
    std::vector<std::thread> workers;
    for (int worker = 1; worker < WORKERS; worker++) workers.emplace_back(every, worker, WORKERS);
    every(0, WORKERS);
    for (auto& worker : workers) worker.join();
}
