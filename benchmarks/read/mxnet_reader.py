"""MXNet's own ImageRecordIter: `python -m benchmarks.read.mxnet_reader REC RESIZE EPOCHS`, by a Python that has it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.read.measure import measured
from benchmarks.read.task import BATCH, EDGE, MEAN, STD


def main(rec: str, resize: int, epochs: int) -> None:
    """Print the figures as JSON."""
    import mxnet

    batches = mxnet.io.ImageRecordIter(
        path_imgrec=rec,
        path_imgidx=rec.replace(".rec", ".idx"),
        data_shape=(3, EDGE, EDGE),
        batch_size=BATCH,
        resize=resize or -1,
        preprocess_threads=2,
        **dict(zip(("mean_r", "mean_g", "mean_b", "std_r", "std_g", "std_b"), (*MEAN, *STD), strict=True)),
    )

    def epoch() -> Iterator[Any]:
        batches.reset()
        for batch in batches:
            batch.data[0].wait_to_read()
            yield _Batch(batch.data[0])

    print(json.dumps(measured(epoch, epochs)))


class _Batch:
    """MXNet's array, with what `measured` asks of NumPy's."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, rows: slice) -> Any:
        return self._array[rows].asnumpy()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
