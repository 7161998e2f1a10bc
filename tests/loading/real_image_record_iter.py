"""What MXNet's own iterator gives: run by a Python that has mxnet, for test_mxnet_parity.py.

Each line of standard input is a JSON object: "name", "epochs" and "options", the keywords of `mx.io.ImageRecordIter`.
NAME.npz, in the current folder, gets its batches: data, label, pad and index, stacked; an error becomes NAME.error.
The file `parameters` gets what mxnet says of them.
"""

import json
import sys
from pathlib import Path

import mxnet as mx
import numpy as np

Path("parameters").write_text(mx.io.ImageRecordIter.__doc__)
for line in sys.stdin:
    task = json.loads(line)
    batches = []
    try:
        iterator = mx.io.ImageRecordIter(verbose=False, **task["options"])
        for _ in range(task["epochs"]):
            # copied: a later batch takes this one's memory
            batches.extend(
                (batch.data[0].asnumpy(), batch.label[0].asnumpy(), batch.pad, batch.index) for batch in iterator
            )
            iterator.reset()
    except mx.base.MXNetError as error:
        Path(task["name"] + ".error").write_text(str(error))
    else:
        stacked = map(np.array, zip(*batches, strict=True))
        np.savez(task["name"], **dict(zip(("data", "label", "pad", "index"), stacked, strict=True)))
