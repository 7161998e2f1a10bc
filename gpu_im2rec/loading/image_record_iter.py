"""`ImageRecordIter`: batches for training, by MXNet's names."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Generator, Mapping
from typing import Any, NoReturn, Self

import numpy as np

from gpu_im2rec import devices
from gpu_im2rec.errors import RecordError, UsageError
from gpu_im2rec.loading.augmentation import Augmentation
from gpu_im2rec.loading.epochs import Batch, Epochs
from gpu_im2rec.loading.labels import ListLabels, RecordLabels
from gpu_im2rec.loading.opening import open_part
from gpu_im2rec.loading.records import Records
from gpu_im2rec.loading.shards import AnyPath, Paths
from gpu_im2rec.transcode.loading import Dtype, Layout, TensorSpec


class ImageRecordIter:
    """Batches of the pictures in record files, for one epoch after the other.

    ::

        batches = ImageRecordIter(path_imgrec="train.rec", data_shape=(3, 224, 224), batch_size=128, shuffle=True)
        for epoch in range(90):
            for batch in batches:  # each `for` is an epoch, or the rest of one that was left
                step(batch.data, batch.label)

    The parameters are those of MXNet's iterator, with its meaning where nothing else is said:

    * ``path_imgrec``: a file, a list of files, or a pattern. ``path_imgidx``: its index, or a list of them, or one over
      all files; by default what lies beside each. Without any the file is walked through.
    * ``path_imglist``: a list whose labels count instead of those in the records, by id. ``label_width`` labels each.
    * ``data_shape``: (channels, height, width); 1 channel grey, 3 RGB, 4 RGBA of pictures that have it.
    * ``shuffle``: all records anew in each epoch, decided by ``seed`` and epoch. ``num_parts`` and ``part_index``: each
      part has as many records as the others, or one less; of a file without an index, as many bytes.
    * ``round_batch``: the last batch is filled from the epoch's first records, ``pad`` says with how many, and with an
      index all parts have as many batches; else the last batch is a short one.
    * ``resize``: shorter edge before the crop, by the antialiased filter of ``gpu-im2rec pack``. ``rand_crop``: a crop
      anywhere, else in the middle. ``rand_mirror``: left and right swapped, of one in two.
    * ``mean_*``, ``std_*``, ``scale``: a level x becomes (x - mean) * scale / std.
    * ``dtype``: float32, uint8 or int8; ``layout``: NCHW or NHWC. ``device``: auto, cpu, gpu, or such as gpu:1.
    * ``preprocess_threads``: that decode; by default one a core.

    What is drawn by lot depends on ``seed``, epoch and record alone: neither on threads, nor on parts or batches. An
    iterator is for one thread at a time.

    Raises UsageError for what contradicts itself, RecordError and ListError for files that cannot be read, DeviceError
    for a GPU that was asked for and is not there. While iterating, RecordError for a batch with a record or a picture
    that cannot be read, naming it; a further ``next`` goes on behind that batch.
    """

    def __init__(
        self,
        *,
        path_imgrec: Paths,
        data_shape: tuple[int, int, int],
        batch_size: int,
        path_imgidx: Paths | None = None,
        path_imglist: AnyPath | None = None,
        label_width: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        part_index: int = 0,
        num_parts: int = 1,
        round_batch: bool = True,
        resize: int = -1,
        rand_crop: bool = False,
        rand_mirror: bool = False,
        mean_r: float = 0,
        mean_g: float = 0,
        mean_b: float = 0,
        mean_a: float = 0,
        std_r: float = 1,
        std_g: float = 1,
        std_b: float = 1,
        std_a: float = 1,
        scale: float = 1,
        dtype: Dtype = "float32",
        layout: Layout = "NCHW",
        device: str = "auto",
        preprocess_threads: int | None = None,
    ) -> None:
        threads = devices.default_workers() if preprocess_threads is None else preprocess_threads
        batch_size, label_width, threads = map(operator.index, (batch_size, label_width, threads))
        for name, value in (("batch_size", batch_size), ("label_width", label_width), ("preprocess_threads", threads)):
            if value < 1:
                raise UsageError(f"{name} must be at least 1, not {value}")
        if len(data_shape) != 3:
            raise UsageError(f"data_shape must be (channels, height, width), not {data_shape}")
        seed, part_index, num_parts = map(operator.index, (seed, part_index, num_parts))
        shuffle, round_batch = bool(shuffle), bool(round_batch)
        channels, height, width = map(operator.index, data_shape)
        spec = TensorSpec(
            channels,
            height,
            width,
            resize=0 if resize == -1 else operator.index(resize),
            mean=(mean_r, mean_g, mean_b, mean_a),
            std=(std_r, std_g, std_b, std_a),
            scale=scale,
            dtype=dtype if isinstance(dtype, str) else np.dtype(dtype).name,
            layout=layout,
        )
        labels = ListLabels(path_imglist, label_width) if path_imglist else RecordLabels(label_width)
        self._files, offsets, order = open_part(
            path_imgrec, path_imgidx, seed if shuffle else None, part_index, num_parts
        )
        loader, self.note = devices.choose_loader(spec, device, threads, batch_size)
        records = Records(self._files, offsets, labels, label_width)
        augmentation = Augmentation(seed, crop=rand_crop, mirror=rand_mirror)
        self._epochs = Epochs(records, order, loader, augmentation, batch_size, whole=round_batch)
        self.batch_size, self.device = batch_size, loader.name
        self._identity = {
            "records": len(offsets),
            "shuffle": shuffle,
            "seed": seed,
            "part_index": part_index,
            "num_parts": num_parts,
        }
        self._epoch = self._done = 0  # the epoch that goes on or comes next, and how many records of it are done
        self._running: Generator[Batch, None, None] | None = None
        self._process = os.getpid()  # whose threads work for what runs

    @property
    def epoch(self) -> int:
        """The epoch that goes on, or that the next ``for`` begins; the first is 0."""
        return self._epoch

    def __len__(self) -> int:
        """Batches of an epoch."""
        return math.ceil(self._epochs.length / self.batch_size)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Batch:
        if self._running is not None and self._process != os.getpid():  # forked: the threads are the parent's
            self._go_to(self._epoch, self._done)
        if self._running is None:
            self._process = os.getpid()
            self._running = self._epochs.batches(self._epoch, self._done)
        try:
            batch = next(self._running)
        except StopIteration:
            self.set_epoch(self._epoch + 1)
            raise
        except RecordError:
            self._go_to(self._epoch, self._done + self.batch_size)
            raise
        except BaseException:  # Ctrl-C: what was not handed out comes again
            self._go_to(self._epoch, self._done)
            raise
        self._done += self.batch_size
        return batch

    next = __next__

    def reset(self) -> None:
        """Leave the rest of an epoch that was begun; MXNet asks for it after each epoch, here it then does nothing."""
        if self._done:
            self.set_epoch(self._epoch + 1)

    def set_epoch(self, epoch: int) -> None:
        """Begin with ``epoch``, 0 or more."""
        epoch = operator.index(epoch)
        if epoch < 0:
            raise UsageError(f"epochs count from 0; there is no epoch {epoch}")
        self._go_to(epoch, 0)

    def state_dict(self) -> dict[str, Any]:
        """Where the iteration stands, as plain values; batches that were handed out are done."""
        return self._identity | {"epoch": self._epoch, "done": self._done}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state`` was taken; batches may have another size. UsageError where it is of other records."""
        for name, mine in self._identity.items():
            if state.get(name) != mine:
                raise UsageError(f"this state was taken elsewhere: {name} was {state.get(name)}, and is {mine}")
        if not all(isinstance(state.get(name), int) and state[name] >= 0 for name in ("epoch", "done")):
            raise UsageError("this is no state of an iterator: epoch and done must be numbers from 0")
        self._go_to(state["epoch"], state["done"])

    def close(self) -> None:
        """Stop what runs and let go of the files."""
        self._go_to(self._epoch, self._done)
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an ImageRecordIter has threads and files; make one in each process, with its part_index")

    def _go_to(self, epoch: int, done: int) -> None:
        running, self._running, self._epoch, self._done = self._running, None, epoch, done
        if running is not None:
            running.close()  # last: Ctrl-C may come while it waits for threads
