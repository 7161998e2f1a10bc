"""The reader's side of record files."""
