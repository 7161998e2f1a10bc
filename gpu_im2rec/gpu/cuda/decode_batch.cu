// A batch of JPEG files to pixels, level for level as libjpeg-turbo decodes them: accurate integer IDCT, "fancy" chroma
// upsampling, and 1/2, 1/4 or 1/8 of the size by its reduced IDCTs. Files have one scan, baseline or extended Huffman of
// 8 bits; one component, or three of which the first, luma, is sampled 1x1, 2x1, 2x2 or 1x2 and the others 1x1. A step has
// a file of this folder, a kernel a line here; pictures of all sizes share a launch:
//
//   decode_tables.cu    build_tables       Huffman tables -> tables to decode by          one thread a place of a look-up
//   decode_unstuff.cu   count_bytes        code and markers in each chunk                 one thread a chunk of 64 bytes
//                       (running sum: chunk_counts -> chunk_ends)
//                       find_markers       where markers cut the code                     one thread a chunk
//                       lay_out_segments   how long each segment is                       one thread a segment
//                       (running sum: lengths -> length_ends)
//                       unstuff            code without markers and the 0x00 behind 0xFF  one thread a chunk
//   decode_huffman.cu   guess              each subsequence from a guessed state          one thread a subsequence
//                       synchronise        again and again: from the state before it      one thread a task
//                       (running sum: finished -> finished_ends, which block each subsequence begins in)
//                       write_coefficients                                                one thread a subsequence
//                       (running sum: dcs -> dc_ends, DCs from their differences)
//   decode_idct.cu      inverse_dct        coefficients -> samples of each component      one thread a block
//   decode_pixels.cu    write_pixels       samples -> pixels, upright                     one thread four pixels
//
// Running sums are CuPy's. A picture that has anything unusual gets a flag in `flags`: its pixels mean nothing then, and the
// CPU decodes it. Where the flag is 0, the pixels are what every build of libjpeg-turbo gives, without a warning.
//
// Words
//   coded data   of a picture: all that follows its header, to the last end marker in the file; what lies behind the end
//                marker that is due does not count
//   segment      the code between two markers: all of it, or from one restart marker to the next
//   subsequence  SUBSEQUENCE bits of an unstuffed segment, which one thread decodes
//   state        where a thread stands in a segment: bit << 16 | block << 8 | coefficient; the block is counted in the
//                pattern by which Huffman tables follow each other (Jpeg.period), the coefficient in zigzag order, from 0,
//                the DC, on
//   edge         of a block of samples: 8, or 4, 2, 1 where the picture is decoded at a part of its size
//
// Buffers; (p) one a picture, (c) a chunk, (s) a segment, (q) a subsequence, (b) a block, each in the order of the batch.
// Words of several bytes are little-endian, on the host as on the device.
//   jpegs        Jpeg p    what the host knows of each picture
//   raw_tables, tables     see decode_tables.cu
//   coded        uint8     coded data as in the files; that of each picture begins at a multiple of 64
//   chunk_counts uint64 c  MARKERS * markers that begin in the chunk + bytes of code in it
//   chunk_ends   uint64 c  its running sum, this chunk included
//   segment_ends uint32 s  bytes of code in the picture up to the marker behind the segment; not set behind the last marker
//   segments     Segment s
//   lengths      int32 s   subsequences of the segment, at least one
//   length_ends  int32 s   its running sum, this segment included
//   words        uint32    the code, first bit in the most significant place, zero at first; each segment begins at a new
//                          subsequence; one word more at the end, as the window on the code reads a word ahead
//   segment_of   int32 q   the segment it is a part of; -1 beyond the last
//   begun        uint64 q  the state that it was last decoded from
//   ended        uint64 q  the state that it ended in
//   finished     int32 q   blocks that ended in it; 0 beyond the last
//   finished_ends int32 q  its running sum, this subsequence included
//   to_do, to_do_next, to_do_counts   see decode_huffman.cu
//   coefficients int16 b   64 each, zigzag order; blocks in the order of the scan; zero at first; no DC
//   dcs          int32 b   differences of DCs, by component (dc_place); zero at first
//   dc_ends      int32 b   its running sum over the batch, this block included, modulo 2^32
//   quantisers   uint16    of each table 64 divisors, zigzag order
//   samples      uint8     of each picture its components' planes, one behind the other: rows of whole blocks, a multiple of
//                          8 bytes from row to row
//   pixels       uint8     HWC, rows back to back; each picture's begin at a multiple of 16
//   flags        int32 p   of the enum below; zero at first

enum {
    NO_SUCH_CODE = 1,   // bits that are in no Huffman table
    ENDS_EARLY = 2,     // the code ends before the last block, or a marker is missing
    ODD_MARKER = 4,     // another marker than the restart or end that is due
    NOT_IN_STEP = 8,    // the passes did not suffice to bring the subsequences in step
    LEFT_OVER = 16,     // a whole byte or more of code behind the last block of a segment
    WILD_LEVELS = 32,   // values beyond 16 bits or libjpeg's range of levels, at which builds of libjpeg-turbo differ
    BAD_TABLE = 64,     // a Huffman table that no code can have
    FILL_BYTES = 128,   // 0xFF before 0xFF
};

const int CHUNK = 64;  // bytes
const int SUBSEQUENCE_WORDS = 32;
const int SUBSEQUENCE = 32 * SUBSEQUENCE_WORDS;  // bits
const u64 MARKERS = 1ull << 36;  // more than a batch has bytes of code

struct Component {
    u64 samples;        // where its plane begins
    int pitch;          // bytes from row to row
    int width, height;  // samples that the picture needs
    int edge;           // of its blocks
    int quantiser;      // the number of its table
    int across, down;   // pixels that share a sample: 1 or 2
    int fancy;          // they are interpolated, if there are more than one
};

struct Jpeg {
    u64 coded;           // where its coded data begin
    u64 pixels;          // where its pixels go, in bytes from the buffer's beginning
    int bytes;           // of coded data
    int first_chunk;
    int first_segment, segments;
    int mcus, mcus_across;
    int mcus_a_segment;  // but for the last
    int first_block;     // in the batch
    int blocks_an_mcu;
    int lumas_an_mcu, lumas_across;  // blocks of the first component
    int period;          // blocks of an MCU after which the Huffman tables repeat
    int width, height;   // of the picture as decoded, before it is turned
    int channels;        // of the pixels: 3 or 1
    int orientation;     // of EXIF, 1 ... 8
    int first_quad;      // the first item of write_pixels
    int components;      // of the file: 3 or 1
    int dc_table[6], ac_table[6];  // numbers of the tables of an MCU's blocks, as far as the period goes
    Component component[3];
};

struct Segment {
    u64 bits;
    int picture;
    int first_subsequence;  // in the batch; filled in by guess
    int first_block;        // within the picture, in the order of the scan
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
