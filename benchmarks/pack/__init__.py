"""Packing a list of pictures: this project beside the tools that people use for it."""
