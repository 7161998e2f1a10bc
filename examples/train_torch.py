"""Train a small network on records, on the CPU: `python -m examples.train_torch [FOLDER]`, or `make train`.

Handwritten digits, 1,797 pictures that scikit-learn ships, become two record files, to train on and to hold out.
Batches for training come from `ImageRecordIter`, and what was held out from `RecordDataset`, through a DataLoader.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

from gpu_im2rec import ImageRecordIter, PackOptions, RecordDataset, TranscodeSpec, make_list, pack

EPOCHS = 6
EDGE = 28  # pixels of what the network sees, of the 32 that are packed
MEAN, STD = 78.0, 75.0  # of the levels 0 … 255


def pack_digits(folder: Path) -> None:
    """Write each digit as a picture, a folder a class; list them, and pack a fifth of them into a file of its own."""
    digits = load_digits()  # (1797, 8, 8), levels 0 … 16
    for number, (picture, digit) in enumerate(zip(digits.images, digits.target, strict=True)):
        path = folder / "pictures" / str(digit) / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((picture * 255 / 16).astype(np.uint8)).save(path)
    make_list(folder / "digits", folder / "pictures", recursive=True, train_ratio=0.8)
    options = PackOptions(transcode=TranscodeSpec(resize=32, color=0), overwrite=True)
    for part in ("train", "val"):
        pack(folder / f"digits_{part}.lst", folder / "pictures", folder / f"{part}.rec", options)


def train(folder: Path, epochs: int = EPOCHS) -> Iterator[tuple[float, float]]:
    """Yield for each epoch the mean loss in training, and the share of the held-out digits that are told rightly."""
    torch.set_num_threads(1)  # so small a network is quicker so
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * (EDGE // 4) ** 2, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    batches = ImageRecordIter(
        path_imgrec=folder / "train.rec",
        data_shape=(1, EDGE, EDGE),
        batch_size=32,
        shuffle=True,
        rand_crop=True,  # the digit a little to the left, the right, up or down
        mean_r=MEAN,  # of the first channel, here the only one
        std_r=STD,
        device="cpu",
    )
    held_out = RecordDataset(folder / "val.rec", transform=seen)
    questions = DataLoader(held_out, batch_size=64, num_workers=2, persistent_workers=True)
    for _ in range(epochs):
        loss = np.mean([step(model, optimizer, batch.data, batch.label) for batch in batches])
        yield float(loss), accuracy(model, questions)


def step(model: nn.Module, optimizer: torch.optim.Optimizer, data: np.ndarray, label: np.ndarray) -> float:
    """One step of training; the loss. ``data`` (n, 1, H, W) and ``label`` (n,), float32, become tensors uncopied."""
    loss = nn.functional.cross_entropy(model(torch.from_numpy(data)), torch.from_numpy(label).long())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def seen(picture: np.ndarray) -> torch.Tensor:
    """What the network is asked about: the middle of ``picture``, (32, 32, 3) uint8, as the iterator normalises it."""
    margin = (len(picture) - EDGE) // 2
    middle = picture[None, margin : margin + EDGE, margin : margin + EDGE, 0]
    return (torch.from_numpy(middle).float() - MEAN) / STD


@torch.no_grad()
def accuracy(model: nn.Module, questions: DataLoader) -> float:
    """The share of ``questions`` that ``model`` answers rightly."""
    model.eval()
    right = [model(pictures).argmax(1) == labels for pictures, labels in questions]
    model.train()
    return torch.cat(right).float().mean().item()


def main(folder: Path) -> None:
    """Pack, train, and show how it goes."""
    pack_digits(folder)
    share = 0.0
    for epoch, (loss, share) in enumerate(train(folder), 1):
        print(f"epoch {epoch}: loss {loss:.3f}, {share:.1%} of the held-out digits right", flush=True)
    count = len(RecordDataset(folder / "val.rec", decode=False))
    print(f"Of {count} digits that it was never shown, the network tells {share:.1%}; by chance it would be 10 %.")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/digits"))
