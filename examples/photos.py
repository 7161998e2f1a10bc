"""Fourteen photographs of six classes, from packages that ship them: `python -m examples.photos FOLDER` copies them."""

from __future__ import annotations

import argparse
import shutil
from importlib.util import find_spec
from pathlib import Path

CLASSES = {
    "animals": ["skimage/data/chelsea.png"],
    "people": ["skimage/data/astronaut.png", "skimage/data/camera.png"],
    "places": ["sklearn/datasets/images/china.jpg", "skimage/data/rocket.jpg", "skimage/data/hubble_deep_field.jpg"],
    "plants": ["sklearn/datasets/images/flower.jpg", "skimage/data/grass.png"],
    "things": [
        "skimage/data/coffee.png",
        "skimage/data/coins.png",
        "skimage/data/motorcycle_left.png",
        "skimage/data/motorcycle_right.png",
    ],
    "medicine": ["skimage/data/retina.jpg", "skimage/data/ihc.png"],
}


def photographs() -> dict[str, list[Path]]:
    """Class name → files, of scikit-image and scikit-learn; neither package is imported."""
    return {name: [_installed(path) for path in paths] for name, paths in CLASSES.items()}


def copy_to(folder: Path) -> int:
    """Copy every photograph to ``folder/class/file``; how many there are."""
    count = 0
    for name, files in photographs().items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(file, folder / name / file.name)
            count += 1
    return count


def _installed(path: str) -> Path:
    package, _, rest = path.partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed: pip install '.[demo]'")
    return Path(spec.submodule_search_locations[0], rest)


def main() -> None:
    """Copy them to the folder that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m examples.photos", description=__doc__)
    parser.add_argument("folder", type=Path, help="where they go; each class is a folder in it")
    folder = parser.parse_args().folder
    print(f"{copy_to(folder)} photographs in {folder}")


if __name__ == "__main__":
    main()
