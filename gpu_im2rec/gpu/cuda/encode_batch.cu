// A batch of pictures to baseline JPEG, byte for byte as libjpeg-turbo encodes the same pixels: 4:2:0 or grey, accurate
// integer DCT, standard Huffman tables. A step has a file of this folder, a kernel a line here; pictures of all sizes share
// a launch:
//
//   encode_transform.cu   transform    pixels -> quantised coefficients               one thread a block of 8x8
//   encode_huffman.cu     count_bits   coefficients -> length of each block's code    one thread a block
//                         (running sum: bits -> ends)
//                         write_bits   coefficients -> Huffman code                   one thread a block
//   encode_stuff.cu       count_ff     how many bytes of each chunk are 0xFF          one thread a chunk of 64 bytes of code
//                         (running sum: ffs -> ff_ends)
//                         measure      how many bytes each picture comes to           one thread a picture
//                         (running sum: sizes -> size_ends)
//                         stuff        code with 0x00 after each 0xFF, end marker     one thread a chunk
//
// Rules: ITU-T T.81; rounding as in libjpeg's jccolor.c, jcsample.c, jfdctint.c and jcdctmgr.c; beyond the picture's edges
// as in jcprepct.c, jcsample.c and jccoefct.c. Running sums are CuPy's.
//
// Buffers; words of several bytes are little-endian
//   pictures      Picture, one a picture
//   pixels        HWC, uint8, RGB or one channel, rows back to back; one address a picture
//   divisors      uint16: 64 for luma, 64 for chroma, row by row of a block
//   codes         Codes
//   coefficients  int16, in whole tiles of 32 blocks: coefficient i (zigzag order) of block b is at ((b / 32) * 64 + i) * 32 +
//                 b % 32, so that the 32 threads of a warp touch neighbours. Blocks are in scan order: for colour
//                 Y Y Y Y Cb Cr an MCU of 16x16 pixels, for grey one a block; pictures back to back.
//   bits          int32, one a block
//   ends          uint64, one a block: the running sum of bits, this block included
//   words         uint32, the code of each picture from its first bit in the most significant place; zero at first, with
//                 room for whatever its blocks may come to, in whole chunks of 16 words
//   first_chunk   int32, one a picture and one more: picture p owns chunks first_chunk[p] ... first_chunk[p + 1] - 1
//   ffs           int32, one a chunk
//   ff_ends       int64, one a chunk: the running sum of ffs, this chunk included
//   code_bytes    int64, one a picture: of its code, before stuffing
//   sizes         int64, one a picture: of what follows its header
//   size_ends     int64, one a picture: the running sum of sizes, this picture included
//   out           uint8, what follows each picture's header, pictures back to back; what finds no room is left out

struct Picture {
    u64 pixels;       // address
    int width, height;
    int channels;     // of the pixels: 3 or 1
    int components;   // of the JPEG: 3 or 1; 1 with 3 channels takes their luma
    int mcus_across;
    int first_block;  // in the whole batch
    int blocks;
    int padding;
};

struct Codes {  // (code << 8) | length in bits, by symbol; [0] luma, [1] chroma
    u32 dc[2][12];
    u32 ac[2][256];
};

const int CHUNK_WORDS = 16;
const short REPEATED_DC = 0x7fff;  // in place of a DC: the block lies outside the picture and repeats the DC before it

__device__ inline u64 at(int block, int i) { return ((u64)(block >> 5) * 64 + i) * 32 + (block & 31); }

__device__ inline int picture_of_block(int block, const Picture* pictures, int count) {
    return owner_of(block, count, [&](int p) { return pictures[p].first_block; });
}
