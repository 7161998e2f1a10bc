"""``python -m gpu_im2rec``."""

from gpu_im2rec.cli import main

main()
