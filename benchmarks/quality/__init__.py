"""How good the pictures are that come out, and how large."""
