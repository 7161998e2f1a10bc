"""The GPU engine: DALI decodes and resizes, a batch encoder writes the JPEGs. The CPU engine's twin.

Importing this package loads neither DALI nor CuPy.
"""

from gpu_im2rec.gpu.device import GraphDevice
from gpu_im2rec.gpu.engine import GpuEngine, Limits
from gpu_im2rec.gpu.graph import GraphSettings

__all__ = ["GpuEngine", "GraphDevice", "GraphSettings", "Limits"]
