"""Measurements on a machine with a GPU, and the bundle that brings them to one without a network."""
