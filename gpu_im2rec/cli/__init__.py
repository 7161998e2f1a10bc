"""The command line: one file a command; each parses, calls the library once and shows what came back."""

from gpu_im2rec.cli.app import main

__all__ = ["main"]
