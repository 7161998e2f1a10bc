"""PyTorch itself takes what loading gives: a DataLoader the dataset, tensors the iterator's batches."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gpu_im2rec import ImageRecordIter, RecordDataset, RecordWriter
from gpu_im2rec.errors import RecordError
from gpu_im2rec.recordio import pack_header
from tests.conftest import encoded

torch = pytest.importorskip("torch", reason="torch is not installed")
from torch.utils.data import DataLoader, DistributedSampler, RandomSampler, Subset  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*use of fork.* may lead to deadlocks:DeprecationWarning"),  # from 3.12 on
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),  # on a single core
]

COUNT, SIZE = 26, (40, 30)


@pytest.fixture(scope="module")
def files(photo) -> list[bytes]:
    """JPEGs of one size, all different."""
    crops = [photo.crop((7 * number, 5 * number, 7 * number + 60, 5 * number + 45)) for number in range(COUNT)]
    return [encoded(crop.resize(SIZE), "jpeg", quality=95) for crop in crops]


@pytest.fixture(scope="module")
def rec(files, tmp_path_factory) -> Path:
    """Records with ids from 100 on and their numbers as labels."""
    path = tmp_path_factory.mktemp("torch") / "some.rec"
    with RecordWriter(path) as writer:
        for number, content in enumerate(files):
            writer.append(100 + number, pack_header(100 + number, [number], packed=False), content)
    return path


@pytest.fixture(scope="module")
def pictures(files) -> torch.Tensor:
    """(n, H, W, 3) uint8, as Pillow decodes them."""
    return torch.from_numpy(np.stack([np.array(Image.open(io.BytesIO(content))) for content in files]))


def first_red(picture: np.ndarray) -> tuple[torch.Tensor, int, int]:
    """A transform: the red channel, how many decoding threads its process has, and which process it is."""
    threads = sum(thread.name.startswith("decode") for thread in threading.enumerate())
    return torch.from_numpy(picture)[..., 0], threads, os.getpid()


@pytest.mark.parametrize("workers, context", [(0, None), (2, "fork"), (2, "spawn")])
def test_a_data_loader_gives_every_picture_with_its_label(rec, pictures, workers, context):
    if context == "fork" and not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    dataset = RecordDataset(rec)
    dataset.read_many(range(4))  # this process has threads before others come out of it
    loader = DataLoader(
        dataset,
        batch_size=8,
        shuffle=True,
        generator=torch.Generator().manual_seed(7),
        num_workers=workers,
        multiprocessing_context=context,
    )
    batches = list(loader)
    assert [len(labels) for _, labels in batches] == [8, 8, 8, 2]
    labels = torch.cat([labels for _, labels in batches]).long()
    assert labels.tolist() != list(range(COUNT))
    assert sorted(labels.tolist()) == list(range(COUNT))
    assert torch.equal(torch.cat([data for data, _ in batches]), pictures[labels])


def test_this_process_decodes_a_batch_in_threads_and_a_worker_does_not(rec, pictures):
    here = DataLoader(RecordDataset(rec, first_red), batch_size=COUNT)
    there = DataLoader(RecordDataset(rec, first_red), batch_size=COUNT, num_workers=1)
    for loader, is_here in ((here, True), (there, False)):
        (((reds, threads, processes), labels),) = loader
        assert torch.equal(reds, pictures[..., 0])
        assert labels.tolist() == list(range(COUNT))
        assert (processes == os.getpid()).all() == is_here
        assert (threads > 0).all() == is_here


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_bare_fork_has_threads_of_its_own(rec, pictures):
    dataset = RecordDataset(rec, first_red)
    dataset.read_many(range(COUNT))
    child = os.fork()
    if child == 0:
        signal.alarm(30)  # it would wait for its parent's threads for ever
        (reds, threads, process), _ = dataset.read_many(range(COUNT))[-1]
        os._exit(not (torch.equal(reds, pictures[-1, ..., 0]) and threads > 0 and process == os.getpid()))
    assert os.waitpid(child, 0)[1] == 0


def test_a_data_loader_asks_for_whole_batches(rec, monkeypatch):
    asked = []
    monkeypatch.setattr(RecordDataset, "__getitems__", lambda self, numbers: asked.append(numbers) or [0])
    list(DataLoader(RecordDataset(rec), batch_size=10, sampler=range(4, 20)))
    assert asked == [list(range(4, 14)), list(range(14, 20))]


def test_workers_that_stay_read_the_next_epoch_too(rec, pictures):
    loader = DataLoader(
        RecordDataset(rec, first_red), batch_size=4, shuffle=True, num_workers=2, persistent_workers=True
    )
    seen = []
    for _ in range(2):
        batches = list(loader)
        labels = torch.cat([labels for _, labels in batches]).long()
        assert sorted(labels.tolist()) == list(range(COUNT))
        assert torch.equal(torch.cat([reds for (reds, _, _), _ in batches]), pictures[labels][..., 0])
        seen.append({number for (_, _, processes), _ in batches for number in processes.tolist()})
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2


def test_ranks_share_the_records(rec):
    dataset = RecordDataset(rec, decode=False)
    samplers = [DistributedSampler(dataset, num_replicas=4, rank=rank, seed=3, drop_last=False) for rank in range(4)]
    parts = []
    for sampler in samplers:
        sampler.set_epoch(5)
        parts.append([label for _, labels in DataLoader(dataset, batch_size=3, sampler=sampler) for label in labels])
    assert [len(part) for part in parts] == [7, 7, 7, 7]
    assert {int(label) for part in parts for label in part} == set(range(COUNT))


def test_subsets_and_samplers_of_torch(rec, pictures):
    dataset = RecordDataset(rec)
    subset = Subset(dataset, torch.arange(COUNT - 1, 10, -1))  # tensors of one element are numbers too
    (data, labels), *_ = DataLoader(subset, batch_size=5)
    assert labels.tolist() == [25, 24, 23, 22, 21]
    assert torch.equal(data, pictures[labels.long()])
    sampler = RandomSampler(dataset, replacement=True, num_samples=60)
    assert sum(len(labels) for _, labels in DataLoader(dataset, batch_size=7, sampler=sampler)) == 60
    single = [label for _, label in DataLoader(dataset, batch_size=None)]
    assert single == list(range(COUNT))


def test_undecoded_records_go_through_a_collate_function(rec, files):
    def joined(items: list[tuple[bytes, float]]) -> tuple[list[bytes], torch.Tensor]:
        contents, labels = zip(*items, strict=True)
        return list(contents), torch.tensor(labels)

    for workers in (0, 2):
        loader = DataLoader(RecordDataset(rec, decode=False), batch_size=9, num_workers=workers, collate_fn=joined)
        batches = list(loader)
        assert [content for contents, _ in batches for content in contents] == files
        assert torch.equal(torch.cat([labels for _, labels in batches]), torch.arange(COUNT, dtype=torch.float32))


def test_packed_labels_become_rows(tmp_path, files):
    with RecordWriter(tmp_path / "packed.rec") as writer:
        for number, content in enumerate(files):
            writer.append(number, pack_header(number, [number, 0.5, -number], packed=True), content)
    expected = torch.tensor([[number, 0.5, -number] for number in range(COUNT)], dtype=torch.float32)
    for workers in (0, 2):
        loader = DataLoader(RecordDataset(tmp_path / "packed.rec"), batch_size=10, num_workers=workers)
        assert torch.equal(torch.cat([labels for _, labels in loader]), expected)


def test_what_a_dataset_gives_is_writable(rec):
    for picture, _ in RecordDataset(rec).read_many(range(3)):
        assert picture.flags.writeable and picture.flags.c_contiguous
        torch.from_numpy(picture).zero_()  # of a picture that is not, torch warns, and only once in a process


def test_a_broken_picture_is_named_whoever_read_it(tmp_path, files):
    with RecordWriter(tmp_path / "broken.rec") as writer:
        for number, content in enumerate([files[0], files[1][:-200], files[2]]):
            writer.append(number, pack_header(number, [number], packed=False), content)
    for workers in (0, 1):
        with pytest.raises(RecordError, match=r"broken\.rec: offset \d+: truncated"):
            list(DataLoader(RecordDataset(tmp_path / "broken.rec"), batch_size=3, num_workers=workers))


def test_a_pickled_dataset_holds_no_bytes_of_the_file(rec, pictures):
    dataset = RecordDataset(rec)
    dataset.read_many(range(5))
    for pickled in (pickle.dumps(dataset), bytes(ForkingPickler.dumps(dataset))):
        assert len(pickled) < 2_000 < rec.stat().st_size / 10
        picture, label = pickle.loads(pickled)[-1]
        assert torch.equal(torch.from_numpy(picture), pictures[-1])
        assert label == COUNT - 1


# Ways to keep a batch: what is kept, given the array.
KEEPS: dict[str, Callable[[np.ndarray], Any]] = {
    "from_numpy": torch.from_numpy,
    "from_dlpack": torch.from_dlpack,
    "a capsule": lambda array: array.__dlpack__(),
    "a row": lambda array: torch.from_numpy(array)[1],
    "a view of another shape": lambda array: torch.from_numpy(array).permute(0, 2, 3, 1)[:, 3:9, ::2],
    "a tensor of an array's view": lambda array: torch.from_numpy(array[2:, :, 5]),
    "an array of a tensor": lambda array: torch.from_numpy(array).flatten().numpy(),
    "what needs it backwards": lambda array: (torch.from_numpy(array) * torch.ones(1, requires_grad=True)).grad_fn,
}


def numbers(kept: Any) -> torch.Tensor:
    """What a kept thing holds, copied."""
    if type(kept).__name__ == "PyCapsule":
        return torch.from_dlpack(_Capsule(kept)).clone()
    if hasattr(kept, "_saved_self"):
        return kept._saved_self.clone()
    return torch.as_tensor(kept).clone()


class _Capsule:
    """A DLPack capsule that was taken early."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the host


@pytest.mark.parametrize("keep", KEEPS.values(), ids=KEEPS)
def test_batches_that_are_kept_never_change(rec, pictures, keep):
    def batches() -> ImageRecordIter:
        return ImageRecordIter(
            path_imgrec=rec, data_shape=(3, 30, 40), batch_size=4, shuffle=True, mean_r=9, scale=0.5, device="cpu"
        )

    kept = []
    with batches() as iterator:
        for _ in range(3):
            kept += [(keep(batch.data), batch.index.copy(), batch.label) for batch in iterator]
    assert len(kept) == 21
    for held, index, label in kept:
        exact = (pictures[index.astype(np.int64) - 100].permute(0, 3, 1, 2).float() - mean()) * 0.5
        assert torch.equal(numbers(held), numbers(keep(exact.contiguous().numpy())))
        assert label.tolist() == (index - 100).tolist()


def mean() -> torch.Tensor:
    return torch.tensor([9.0, 0, 0]).reshape(3, 1, 1)


def test_tensors_are_the_batch_itself(rec):
    with ImageRecordIter(path_imgrec=rec, data_shape=(3, 30, 40), batch_size=4, dtype="uint8", device="cpu") as batches:
        batch = next(batches)
        for tensor in (torch.from_numpy(batch.data), torch.from_dlpack(batch.data)):
            assert tensor.data_ptr() == batch.data.ctypes.data
            assert (tuple(tensor.shape), tensor.dtype) == ((4, 3, 30, 40), torch.uint8)
        tensor.zero_()
        assert not batch.data.any()
        assert torch.from_numpy(batch.label).tolist() == [0, 1, 2, 3]


def test_memory_is_used_again_once_tensors_are_gone(rec):
    with ImageRecordIter(path_imgrec=rec, data_shape=(3, 30, 40), batch_size=2, device="cpu") as batches:
        places = {torch.from_numpy(batch.data).data_ptr() for _ in range(5) for batch in batches}
    assert len(places) <= 6  # of 65 batches


def test_torch_is_not_loaded_by_us():
    code = (
        "import sys, gpu_im2rec; gpu_im2rec.RecordDataset, gpu_im2rec.ImageRecordIter;"
        "import cpu_fallback.loader; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
