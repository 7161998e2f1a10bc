// Crop and resize by the antialiased triangle filter: what each pixel covers of the source counts, in fixed point, columns
// before rows. The integers are those of cykooz-resizer, which the CPU engine filters with; cpu_fallback/triangle.py states
// the same in NumPy. Source of the rules: fast_image_resize 5, src/convolution.
//
//   weigh              bounds and largest weight of each axis                         one thread an output of an axis
//   quantise_weights   weights -> coefficients of 16 bits                             one thread an output of an axis
//   filter_columns     source -> rows of the target, of the source's columns          one thread four samples of a row
//   filter_rows        those -> target                                                one thread a pixel that comes out
//
// An output's weights are those of a triangle, 1 - |distance| / max(1, scale), made to sum to 1, in 64-bit floats and in this
// order of operations: it must be compiled without fused multiply-add. An axis's coefficients are its weights times 2^precision,
// rounded, halves up; the precision is the largest that lets its largest weight fit in 16 bits with its sign.
//
// Buffers
//   source, target, resizes   see resize_batch.cu
//   axes          Axis, two a picture: down, across
//   largest       uint64, one an axis: the bits of its largest weight; zero at first
//   firsts, sizes int32, one an output of an axis: the first pixel that counts, and how many do
//   coefficients  int16, Axis.window for each output
//   between       uint8, HWC: of each picture target_height rows of crop_width pixels from column `left` on

struct Axis {
    double start, length;  // what is kept of the source, in pixels
    int inputs, outputs;
    int first_output;      // of all axes
    int window;            // room for the coefficients of an output
    u64 coefficients;      // where they begin
};

const int MOST_PRECISION = 21;

struct Weights {
    int first, size;
    double centre, reciprocal, sum;

    __device__ inline double of(int input) const {
        double distance = fabs((input - centre) * reciprocal);
        return distance < 1.0 ? 1.0 - distance : 0.0;
    }
};

__device__ inline Weights weights_of(const Axis& axis, int output) {
    double scale = (axis.start + axis.length - axis.start) / axis.outputs;  // right less left: the rounding counts
    double radius = scale > 1.0 ? scale : 1.0;
    double centre = axis.start + (output + 0.5) * scale;
    double from = floor(centre - radius), to = ceil(centre + radius);
    Weights weights;
    weights.first = from > 0.0 ? (int)from : 0;
    weights.size = smaller(to < axis.inputs ? (int)to : axis.inputs, weights.first + axis.window) - weights.first;
    weights.centre = centre - 0.5;
    weights.reciprocal = 1.0 / radius;
    weights.sum = 0;
    for (int i = 0; i < weights.size; i++) weights.sum += weights.of(weights.first + i);
    return weights;
}

__device__ inline int axis_of(int output, const Axis* axes, int count) {
    return owner_of(output, count, [&](int a) { return axes[a].first_output; });
}

extern "C" __global__ void weigh(const Axis* axes, int count, int outputs, u64* largest, int* firsts, int* sizes) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= outputs) return;
    int a = axis_of(t, axes, count);
    Weights weights = weights_of(axes[a], t - axes[a].first_output);
    double most = 0;
    for (int i = 0; i < weights.size; i++) most = fmax(most, weights.of(weights.first + i) / weights.sum);
    firsts[t] = weights.first;
    sizes[t] = weights.size;
    atomicMax(largest + a, (u64)__double_as_longlong(most));  // the bits of positive numbers are in their order
}

// Bits behind the point of an axis's coefficients.
__device__ inline int precision_of(u64 largest) {
    double most = __longlong_as_double((long long)largest);
    int precision = 0;
    while (precision < MOST_PRECISION && round(most * (2 << precision)) < 32768) precision++;
    return precision;
}

extern "C" __global__ void quantise_weights(const Axis* axes, int count, int outputs, const u64* largest, short* coefficients) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= outputs) return;
    int a = axis_of(t, axes, count), output = t - axes[a].first_output;
    Weights weights = weights_of(axes[a], output);
    double one = 1 << precision_of(largest[a]);
    short* target = coefficients + axes[a].coefficients + (u64)output * axes[a].window;
    for (int i = 0; i < weights.size; i++) target[i] = (short)round(weights.of(weights.first + i) / weights.sum * one);
}

// The weighted sum of samples that are `step` bytes apart.
__device__ inline u8 filtered(const u8* samples, u64 step, const short* coefficients, int size, int precision) {
    int sum = 1 << (precision - 1);
    for (int i = 0; i < size; i++) sum += samples[i * step] * coefficients[i];
    return (u8)clamped(sum >> precision, 255);
}

// items: four samples of a row each, or what is left of it; of all pictures.
extern "C" __global__ void filter_columns(const Resize* resizes, int count, int items, const Axis* axes, const u64* largest,
                                          const int* firsts, const int* sizes, const short* coefficients,
                                          const u8* source, u8* between) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= items) return;
    int p = owner_of(t, count, [&](int i) { return resizes[i].first_item; });
    const Resize& resize = resizes[p];
    const Axis& down = axes[2 * p];
    int samples = resize.crop_width * resize.channels, items_across = (samples + 3) / 4;
    int y = (t - resize.first_item) / items_across, x = (t - resize.first_item) % items_across * 4;
    u64 pitch = (u64)resize.width * resize.channels;
    int output = down.first_output + y, precision = precision_of(largest[2 * p]);
    const u8* column = source + resize.source + firsts[output] * pitch + resize.left * resize.channels;
    const short* own = coefficients + down.coefficients + (u64)y * down.window;
    u8* out = between + resize.between + (u64)y * samples;
    for (int i = x; i < smaller(x + 4, samples); i++) out[i] = filtered(column + i, pitch, own, sizes[output], precision);
}

extern "C" __global__ void filter_rows(const Resize* resizes, int count, int all, const Axis* axes, const u64* largest,
                                       const int* firsts, const int* sizes, const short* coefficients, const u8* between,
                                       u8* target) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= all) return;
    int p = owner_of(t, count, [&](int i) { return resizes[i].first_pixel; });
    const Resize& resize = resizes[p];
    const Axis& across = axes[2 * p + 1];
    int pixel = t - resize.first_pixel, channels = resize.channels;
    int x = pixel % resize.target_width, y = pixel / resize.target_width;
    int output = across.first_output + x, precision = precision_of(largest[2 * p + 1]);
    const u8* row = between + resize.between + ((u64)y * resize.crop_width + firsts[output] - resize.left) * channels;
    const short* own = coefficients + across.coefficients + (u64)x * across.window;
    u8* out = target + resize.target + (u64)pixel * channels;
    for (int c = 0; c < channels; c++) out[c] = filtered(row + c, channels, own, sizes[output], precision);
}
