"""nvImageCodec's encoder in our encoder's place: what it is timed against."""

from __future__ import annotations

from typing import Any

from gpu_im2rec.gpu.jpeg_encoder import Pixels


class NvEncoder:
    """Encodes batches as ``JpegEncoder`` does, one task a picture on ``threads`` threads."""

    def __init__(self, quality: int, threads: int, device_id: int | None) -> None:
        from nvidia import nvimgcodec as nv

        self._nv: Any = nv
        self._on_host = device_id is None
        place = (
            {"device_id": nv.NVIMGCODEC_DEVICE_CPU_ONLY, "backends": [nv.Backend(nv.CPU_ONLY)]}
            if self._on_host
            else {"device_id": device_id}
        )
        self._encoder = nv.Encoder(max_num_cpu_threads=threads, **place)
        self._options = nv.EncodeParams(
            quality_type=nv.QualityType.QUALITY,
            quality_value=quality,
            chroma_subsampling=nv.ChromaSubsampling.CSS_420,
        )

    def encode(self, batch: list[Pixels]) -> list[bytes]:
        """A JPEG file for each picture of three channels."""
        name = "__array_interface__" if self._on_host else "__cuda_array_interface__"
        views = []
        for pixels in batch:
            shape = (pixels.height, pixels.width, pixels.channels)
            interface = {"data": (pixels.address, False), "shape": shape, "typestr": "|u1", "version": 3}
            views.append(type("View", (), {name: interface})())
        if self._on_host:
            import numpy as np

            images = [np.asarray(view) for view in views]
        else:
            images = self._nv.as_images(views)
        return [
            bytes(memoryview(stream)) for stream in self._encoder.encode(images, codec="jpeg", params=self._options)
        ]
