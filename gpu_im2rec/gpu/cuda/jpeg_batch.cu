// A batch of JPEG files to pixels, level for level as libjpeg-turbo decodes them: accurate integer IDCT, "fancy" chroma
// upsampling, and 1/2, 1/4 or 1/8 of the size by its reduced IDCTs. Files have one scan, baseline or extended Huffman of
// 8 bits, one component or three. One file of this folder a step, one kernel a line; pictures of all sizes share a launch:
//
//   jpeg_tables.cu    build_tables       Huffman tables -> look-up tables               one thread a place of a look-up
//   jpeg_unstuff.cu   count_bytes        how much of each chunk is code                 one thread a chunk of 64 bytes
//                     (running sum)
//                     find_markers       where restart markers cut the code             one thread a chunk
//                     lay_out_segments   how long each segment is                       one thread a segment
//                     (running sum)
//                     unstuff            code without markers and the 0x00 behind 0xFF  one thread a chunk
//   jpeg_huffman.cu   guess              each subsequence from a guessed state          one thread a subsequence
//                     synchronise        again and again: from the state before it      one thread a subsequence
//                     (running sum: which block each subsequence begins in)
//                     write_coefficients                                                one thread a subsequence
//                     (running sum: DCs from their differences)
//   jpeg_idct.cu      inverse_dct        coefficients -> samples of each component      one thread a block
//   jpeg_pixels.cu    write_pixels       samples -> pixels, upright                     one thread four pixels
//
// A picture that has anything unusual gets a flag in `flags`: its pixels mean nothing then, and the CPU decodes it. Where
// the flag is 0, the pixels are what every build of libjpeg-turbo gives, without a warning.
//
// Words
//   coded data   of a picture: all that follows its header, the end marker included
//   segment      the code between two markers: all of it, or from one restart marker to the next
//   subsequence  SUBSEQUENCE bits of an unstuffed segment, which one thread decodes
//   state        where a thread stands in a segment: bit << 16 | block << 8 | coefficient; the block is counted in the
//                pattern by which Huffman tables follow each other (Jpeg.period), the coefficient in zigzag order
//   edge         of a block of samples: 8, or 4, 2, 1 where the picture is decoded at a part of its size
//
// Buffers; (p) one a picture, (c) a chunk, (s) a segment, (q) a subsequence, (b) a block, each in the order of the batch
//   coded        uint8     coded data as in the files; that of each picture begins at a multiple of 64
//   chunk_counts uint64 c  MARKERS * markers in the chunk + bytes of code in it
//   chunk_ends   uint64 c  its running sum, this chunk included
//   segment_ends uint32 s  bytes of code in the picture up to the marker behind the segment
//   segments     Segment s
//   lengths      int32 s   subsequences of the segment, at least one
//   length_ends  int32 s   its running sum, this segment included
//   words        uint32    the code, first bit in the most significant place; each segment begins at a new subsequence,
//                          and what it does not fill is zero; 4 words more at the end
//   segment_of   int32 q   the segment it is a part of; -1 beyond the last
//   begun        uint64 q  the state that it was last decoded from
//   ended        uint64 q  the state that it ended in
//   finished     int32 q   blocks that ended in it
//   finished_ends int32 q  its running sum, this subsequence included
//   coefficients int16 b   64 each, zigzag order; blocks in the order of the scan; zero where nothing is coded; no DC
//   dcs          int32 b   differences of DCs, by component (dc_place)
//   dc_ends      int32 b   its running sum over the batch, this block included, modulo 2^32
//   samples      uint8     planes of components, rows of whole blocks
//   pixels       uint8     HWC, rows back to back; each picture's begin at a multiple of 16
//   flags        int32 p   of the enum below

enum {
    NO_SUCH_CODE = 1,   // bits that are in no Huffman table
    ENDS_EARLY = 2,     // the code ends before the last block
    ODD_MARKER = 4,     // another marker than the restart or end that is due
    NOT_IN_STEP = 8,    // the passes did not suffice to bring the subsequences in step
    LEFT_OVER = 16,     // a whole byte or more of code behind the last block
    WILD_LEVELS = 32,   // values that no encoder makes, at which builds of libjpeg-turbo differ
    BAD_TABLE = 64,     // a Huffman table that no code can have
    FILL_BYTES = 128,   // 0xFF before 0xFF
};

const int CHUNK = 64;  // bytes
const int SUBSEQUENCE_WORDS = 32;
const int SUBSEQUENCE = 32 * SUBSEQUENCE_WORDS;  // bits
const u64 MARKERS = 1ull << 36;

struct Component {
    u64 samples;        // where its plane begins
    int pitch;          // bytes from row to row
    int width, height;  // samples that the picture needs
    int edge;           // of its blocks
    int quantiser;      // its table, of 64 divisors in zigzag order
    int across, down;   // pixels that share a sample: 1 or 2
    int fancy;          // they are interpolated, if there are more than one
    int padding;
};

struct Jpeg {
    u64 coded;           // where its coded data begin
    u64 pixels;          // where its pixels go
    int bytes;           // of coded data
    int first_chunk;
    int first_segment, segments;
    int mcus, mcus_across;
    int mcus_a_segment;  // but for the last
    int first_block;
    int blocks_an_mcu;
    int lumas_an_mcu, lumas_across;  // blocks of the first component
    int period;          // blocks of an MCU after which the Huffman tables repeat
    int width, height;   // of the picture as decoded, before it is turned
    int channels;        // of the pixels: 3 or 1
    int orientation;     // of EXIF, 1 ... 8
    int first_quad;      // the first item of write_pixels
    int components;      // of the file: 3 or 1
    int dc_table[6], ac_table[6];  // of the blocks of an MCU, as far as the period goes
    Component component[3];
};

struct Segment {
    u64 bits;
    int picture;
    int first_subsequence;
    int first_block;  // within the picture, in the order of the scan
    int blocks;
};

// Where the DC of a block is: the first component's come first, then the second's ... each in the order of the scan, so
// that a running sum over differences gives DCs. The block is the `block`th of the picture in the order of the scan.
struct Place {
    int component;
    int mcu;
    int luma;   // which of the first component's blocks in the MCU
    int index;  // in dcs
};

__device__ inline Place dc_place(const Jpeg& jpeg, int block) {
    Place place;
    place.mcu = block / jpeg.blocks_an_mcu;
    int part = block - place.mcu * jpeg.blocks_an_mcu;
    if (part < jpeg.lumas_an_mcu) {
        place.component = 0;
        place.luma = part;
        place.index = jpeg.first_block + place.mcu * jpeg.lumas_an_mcu + part;
    } else {
        place.component = part - jpeg.lumas_an_mcu + 1;
        place.luma = 0;
        place.index = jpeg.first_block + part * jpeg.mcus + place.mcu;
    }
    return place;
}
