// Crop and resize as OpenCV's INTER_LINEAR does it, and so im2rec: from four pixels each, in fixed point of 11 bits.
//
//   resize_linear    source -> target    one thread a pixel that comes out
//
// Fractions are of 32-bit floats, whose rounding counts: it must be compiled without fused multiply-add.
// Buffers: see resize_batch.cu.

struct Tap {
    int first, second;      // pixels
    int weight, weight_second;  // of 2048
};

// alone: where the centre lies beyond the first or last pixel, whether it counts alone, or twice with its fraction. OpenCV
// has it so for columns and otherwise for rows.
__device__ inline Tap linear_tap(int output, int outputs, int inputs, bool alone) {
    double scale = 1.0 / ((double)outputs / inputs);
    float position = (float)((output + 0.5) * scale - 0.5);
    float whole = floorf(position), fraction = position - whole;
    int first = (int)whole;
    if (alone && (first < 0 || first >= inputs - 1)) fraction = 0;
    Tap tap;
    tap.first = clamped(first, inputs - 1);
    tap.second = clamped(first + 1, inputs - 1);
    tap.weight = (int)rintf((1.0f - fraction) * 2048);
    tap.weight_second = (int)rintf(fraction * 2048);
    return tap;
}

extern "C" __global__ void resize_linear(const Resize* resizes, int count, int all, const u8* source, u8* target) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= all) return;
    const Resize& resize = resizes[owner_of(t, count, [&](int p) { return resizes[p].first_pixel; })];
    int channels = resize.channels, pixel = t - resize.first_pixel;
    int x = pixel % resize.target_width, y = pixel / resize.target_width;
    u64 pitch = (u64)resize.width * channels;
    const u8* crop = source + resize.source + resize.top * pitch + resize.left * channels;
    u8* out = target + resize.target + (u64)pixel * channels;
    // To exactly one half OpenCV takes means of four pixels (INTER_AREA).
    if (resize.crop_width == 2 * resize.target_width && resize.crop_height == 2 * resize.target_height) {
        const u8* four = crop + 2 * y * pitch + 2 * x * channels;
        for (int c = 0; c < channels; c++) {
            out[c] = (u8)((four[c] + four[c + channels] + four[c + pitch] + four[c + channels + pitch] + 2) >> 2);
        }
        return;
    }
    Tap across = linear_tap(x, resize.target_width, resize.crop_width, true);
    Tap down = linear_tap(y, resize.target_height, resize.crop_height, false);
    const u8 *upper = crop + down.first * pitch, *lower = crop + down.second * pitch;
    for (int c = 0; c < channels; c++) {
        int first = across.first * channels + c, second = across.second * channels + c;
        int above = upper[first] * across.weight + upper[second] * across.weight_second;
        int below = lower[first] * across.weight + lower[second] * across.weight_second;
        int sum = ((above >> 4) * down.weight >> 16) + ((below >> 4) * down.weight_second >> 16);
        out[c] = (u8)((sum + 2) >> 2);
    }
}
