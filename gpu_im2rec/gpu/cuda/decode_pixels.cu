// Samples -> pixels: chroma is brought to the size of luma, colours become RGB, and the picture is turned upright.
// Rounding as in libjpeg's jdsample.c ("fancy" upsampling) and jdcolor.c. See decode_batch.cu.

struct Rgb {
    int red, green, blue;
};

// The level of a component at a pixel. Fancy upsampling weighs the nearer sample with 3/4, the farther with 1/4; beyond
// the plane its last sample goes on. Of two roundings, columns and rows take turns, lest levels drift.
__device__ inline int level_at(const Component& component, const u8* samples, int x, int y) {
    const u8* plane = samples + component.samples;
    int wide = component.across == 2, tall = component.down == 2;
    int column = x >> wide, row = y >> tall;
    const u8* near = plane + (u64)row * component.pitch;
    if (!component.fancy) return near[column];
    int other_column = wide ? clamped(column + (x & 1 ? 1 : -1), component.width - 1) : column;
    int other_row = tall ? clamped(row + (y & 1 ? 1 : -1), component.height - 1) : row;
    const u8* far = plane + (u64)other_row * component.pitch;
    if (!tall) return (3 * near[column] + near[other_column] + 1 + (x & 1)) >> 2;
    int here = 3 * near[column] + far[column];
    if (!wide) return (here + 1 + (y & 1)) >> 2;
    int beside = 3 * near[other_column] + far[other_column];
    return (3 * here + beside + 8 - (x & 1)) >> 4;
}

__device__ inline int fixed(double factor) { return (int)(factor * 65536 + 0.5); }

__device__ inline Rgb rgb_of(int luma, int blue_difference, int red_difference) {
    int cb = blue_difference - 128, cr = red_difference - 128, half = 1 << 15;
    Rgb rgb;
    rgb.red = clamped(luma + ((fixed(1.40200) * cr + half) >> 16), 255);
    rgb.green = clamped(luma + ((-fixed(0.34414) * cb - fixed(0.71414) * cr + half) >> 16), 255);
    rgb.blue = clamped(luma + ((fixed(1.77200) * cb + half) >> 16), 255);
    return rgb;
}

// Where a pixel of the picture as stored is in the upright one, whose rows are back to back.
__device__ inline u64 upright(const Jpeg& jpeg, int x, int y) {
    int turn = jpeg.orientation, swaps = turn >= 5;
    int width = swaps ? jpeg.height : jpeg.width, height = swaps ? jpeg.width : jpeg.height;
    int column = swaps ? y : x, row = swaps ? x : y;
    if (turn == 3 || turn == 4 || turn == 7 || turn == 8) row = height - 1 - row;
    if (turn == 2 || turn == 3 || turn == 6 || turn == 7) column = width - 1 - column;
    return (u64)row * width + column;
}

// quads: four pixels of a row each, or what is left of it; of all pictures.
extern "C" __global__ void write_pixels(const Jpeg* jpegs, int count, int quads, const u8* samples, u8* pixels) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= quads) return;
    const Jpeg& jpeg = jpegs[owner_of(t, count, [&](int p) { return jpegs[p].first_quad; })];
    int quads_across = (jpeg.width + 3) / 4;
    int y = (t - jpeg.first_quad) / quads_across, first = (t - jpeg.first_quad) % quads_across * 4;
    for (int x = first; x < smaller(first + 4, jpeg.width); x++) {
        int luma = level_at(jpeg.component[0], samples, x, y);
        u8* pixel = pixels + jpeg.pixels + upright(jpeg, x, y) * jpeg.channels;
        if (jpeg.channels == 1) {
            *pixel = (u8)luma;
            continue;
        }
        Rgb rgb = {luma, luma, luma};
        if (jpeg.components == 3) {
            rgb = rgb_of(luma, level_at(jpeg.component[1], samples, x, y), level_at(jpeg.component[2], samples, x, y));
        }
        pixel[0] = (u8)rgb.red;
        pixel[1] = (u8)rgb.green;
        pixel[2] = (u8)rgb.blue;
    }
}
