"""The GPU engine: DALI decodes and resizes, a batch encoder writes the JPEGs. The GPU loader: DALI does all of it.

The CPU's twins. Importing this package loads neither DALI nor CuPy; opening an engine or a loader does.
"""

from gpu_im2rec.gpu.arrays import CudaArrays
from gpu_im2rec.gpu.device import GraphDevice
from gpu_im2rec.gpu.engine import GpuEngine, Limits
from gpu_im2rec.gpu.exact_admission import exact_admission
from gpu_im2rec.gpu.exact_device import ExactDevice
from gpu_im2rec.gpu.flow import GraphSettings
from gpu_im2rec.gpu.jpeg_encoder import JpegEncoder
from gpu_im2rec.gpu.kernels import ENCODE, EXACT, CudaKernels
from gpu_im2rec.gpu.loader import GpuLoader
from gpu_im2rec.gpu.probe import look
from gpu_im2rec.gpu.tensor_graph import TensorGraph
from gpu_im2rec.transcode import Rescue, TranscodeSpec
from gpu_im2rec.transcode.loading import Loader, TensorSpec

__all__ = [
    "ENCODE",
    "EXACT",
    "CudaArrays",
    "CudaKernels",
    "ExactDevice",
    "GpuEngine",
    "GpuLoader",
    "GraphDevice",
    "GraphSettings",
    "JpegEncoder",
    "Limits",
    "TensorGraph",
    "exact_engine",
    "open_engine",
    "open_exact_engine",
    "open_loader",
]


_MOST_EXACT = 1 << 34  # bytes for a batch: the kernels count in 31 bits, and a pixel that comes out takes 10 at least


def open_engine(
    spec: TranscodeSpec, number: int, rescue: Rescue, batch_size: int, threads: int, hw_decoder_load: float, seam: int
) -> GpuEngine:
    """The engine on CUDA device ``number``. Takes seconds; raises ImportError, RuntimeError … where it does not work.

    ``batch_size`` pictures share a batch, ``threads`` of the host help to decode them, and the hardware decoder takes
    the share ``hw_decoder_load``, 0 … 1. A batch ends at every multiple of ``seam`` pictures. The memory of a batch is
    bounded so that all that are under way, with DALI's and the encoder's own buffers, fit into half of the device's.
    """
    settings = GraphSettings(batch_size, threads, hw_decoder_load)
    encoder = JpegEncoder(CudaKernels(ENCODE, number), spec.quality)
    device = GraphDevice(spec, settings, encoder, number)
    memory = look().gpus[number].memory // (2 * (settings.depth + 1))
    return GpuEngine(spec, device, rescue, Limits(batch_size, memory, seam=seam), f"gpu:{number}")


def open_exact_engine(spec: TranscodeSpec, number: int, rescue: Rescue, batch_size: int) -> GpuEngine:
    """The same without DALI: our own decoder and resizer, whose bytes are the CPU engine's, whatever shares a batch.

    So a batch may be smaller where others use the device, too.
    """
    kernels = CudaKernels(EXACT, number)
    device = ExactDevice(spec, kernels)
    room = min(look().gpus[number].memory // 2, kernels.free() * 3 // 4)
    kernels.limit(room)
    memory = min(room // (device.depth + 1), _MOST_EXACT)
    return exact_engine(spec, device, rescue, Limits(batch_size, memory), f"gpu:{number} exact")


def exact_engine(spec: TranscodeSpec, device: ExactDevice, rescue: Rescue, limits: Limits, name: str) -> GpuEngine:
    """The engine around an exact ``device``. What follows any picture has the same bytes if it is begun anew there."""
    engine = GpuEngine(spec, device, rescue, limits, name, exact_admission(spec))
    engine.seam = 1
    return engine


def open_loader(
    spec: TensorSpec, number: int, rescue: Loader, batch_size: int, threads: int, hw_decoder_load: float
) -> GpuLoader:
    """The loader on CUDA device ``number``. Takes seconds; raises ImportError, RuntimeError … where it does not work.

    ``batch_size`` is that of the largest batch, ``threads`` of the host help to decode, and the hardware decoder takes
    the share ``hw_decoder_load``, 0 … 1. The memory of a batch is bounded so that all that are under way fit into a
    quarter of the device's: the rest is for what is trained.
    """
    settings = GraphSettings(batch_size, threads, hw_decoder_load)
    arrays = CudaArrays(number)
    graph = TensorGraph(spec, settings, arrays, number)
    memory = look().gpus[number].memory // (4 * (settings.depth + 1))
    return GpuLoader(spec, graph, arrays, rescue, batch_size, memory, f"gpu:{number}")
