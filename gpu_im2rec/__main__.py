"""``python -m gpu_im2rec``."""

from gpu_im2rec.cli import main

if __name__ == "__main__":  # and not where a process of `pack --devices` starts
    main()
