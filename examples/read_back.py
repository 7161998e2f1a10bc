"""Read a .rec file back, record by record: `python -m examples.read_back FILE.rec`."""

from __future__ import annotations

import io
import sys

from PIL import Image

from gpu_im2rec import RecordReader


def main(path: str) -> None:
    """Print a line per record: key, label, size of the picture, bytes."""
    with RecordReader(path) as records:
        for record in records:
            width, height = Image.open(io.BytesIO(record.content)).size
            print(f"key {record.key:>3}  label {record.labels[0]:g}  {width}x{height}  {len(record.content):>7,} bytes")


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
