"""The host's side of the GPU engine, without a GPU."""
