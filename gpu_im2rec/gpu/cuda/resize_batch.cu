// What the ways to crop and resize share.
//
//   source, target   uint8, HWC, rows back to back; pictures of the source anywhere, those of the target back to back
//   resizes          Resize, one a picture

struct Resize {
    u64 source, target;  // where the pictures begin, in bytes
    int width, height;   // of the source
    int channels;        // 3 or 1
    int target_width, target_height;
    int first_pixel;     // of the target, in the batch
    int left, top, crop_width, crop_height;  // linear: the crop. Antialiased, whose crop is in its axes: columns `left` ...
                                             // left + crop_width - 1 are filtered, as no other can count; the rest is idle
    u64 between;         // antialiased: where its half-resized rows begin, in bytes
    int first_item;      // antialiased: the first item of filter_columns
    int padding;
};

