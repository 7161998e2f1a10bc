// Huffman tables as a file has them -> tables to decode by.
//
//   raw_tables  uint8, RAW_TABLE bytes each: how many codes have 1 ... 16 bits, then 256 symbols, zero behind the last
//   tables      Table; one for each raw table

const int RAW_TABLE = 16 + 256;
const int LOOK = 9;  // bits that are looked up at once

struct Table {
    int last[17];         // by length: the last code, -1 where there is none
    int offset[17];       // by length: what to add to a code to get the number of its symbol
    int valid;            // its codes fit into their bits, and none is all ones
    u8 symbols[256];
    u16 look[1 << LOOK];  // by the next bits: (length << 8) | symbol; 0 where the code is longer or there is none
};

extern "C" __global__ void build_tables(const u8* raw_tables, int count, Table* tables) {
    int t = blockIdx.x * blockDim.x + threadIdx.x;
    if (t >= count << LOOK) return;
    const u8* raw = raw_tables + (t >> LOOK) * RAW_TABLE;
    Table* table = tables + (t >> LOOK);
    int place = t & ((1 << LOOK) - 1);
    int code = 0, symbol = 0, found = 0, valid = 1;  // code: the first of its length; symbol: the number of that one's
    for (int length = 1; length <= 16; length++) {
        int codes = raw[length - 1];
        int number = length <= LOOK ? (place >> (LOOK - length)) - code : -1;
        if (!found && number >= 0 && number < codes) found = length << 8 | raw[16 + ((symbol + number) & 255)];
        if (codes && code + codes >= 1 << length) valid = 0;  // a code of ones alone is none
        if (place == 0) {
            table->last[length] = codes ? code + codes - 1 : -1;
            table->offset[length] = symbol - code;
        }
        code = (code + codes) << 1;
        symbol += codes;
    }
    if (place == 0) table->valid = valid && symbol <= 256;
    table->look[place] = (u16)found;
    if (place < 256) table->symbols[place] = raw[16 + place];
}
