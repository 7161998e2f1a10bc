"""MXNet's two tools of the name, im2rec and im2rec.py, in one: their command lines, their records, without mxnet.

``docs/im2rec.md`` says where this one differs from them on purpose.
"""

from gpu_im2rec.im2rec.tool import main

__all__ = ["main"]
