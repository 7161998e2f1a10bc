"""Readers against files from strangers: each target takes any bytes and raises only where a reader is defective.

``python -m tests.fuzz`` runs them for long, guided by coverage; test_targets.py runs each for a moment.
"""
