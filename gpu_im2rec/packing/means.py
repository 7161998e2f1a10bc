"""What a run works with: an engine, threads, and the options that it was given."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_im2rec import devices
from gpu_im2rec.packing.bottleneck import Setup
from gpu_im2rec.packing.options import PackOptions


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with."""

    device: devices.Choice | None  # None where several processes work, each with its own
    workers: int
    options: PackOptions

    @property
    def engine(self) -> str:
        """Its name, or their names."""
        return self.device.engine.name if self.device else " + ".join(self.options.devices)

    @property
    def note(self) -> str:
        """Why it is this engine; empty where there is nothing to say."""
        if self.device:
            return self.device.note
        on_gpus = any(name.startswith("gpu") for name in self.options.devices)
        return devices.gpu_note(self.options.transcode, self.options.isolate, self.options.gpu) if on_gpus else ""

    def setup(self, root: str) -> Setup:
        """As the verdict on a run needs it, that reads below ``root``."""
        options = self.options
        return Setup(
            self.engine,
            devices.default_workers(),
            gpu_helps=not devices.why_not_for_the_gpu(options.transcode),
            read_threads=options.readers(root),
            decode_threads=options.gpu.decode_threads or devices.default_decode_threads(len(options.devices) or 1),
            can_share=not (options.part or options.append or options.layout == "insightface"),
        )


def choose_engine(options: PackOptions) -> devices.Choice | None:
    """The engine of a run. None where several processes work, each with its own: what is not for a GPU needs one only.

    Raises DeviceError and UsageError.
    """
    spec, workers = options.transcode, options.workers or devices.default_workers()
    if options.devices and not spec.pass_through and not devices.why_not_for_the_gpu(spec):
        return None
    device = options.devices[0] if options.devices else options.device
    return devices.choose(spec, device, workers, options.gpu, options.isolate)
