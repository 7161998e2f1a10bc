"""The contract of all engines: what to do to a picture, what flows through, what an engine is."""

from gpu_im2rec.transcode.contract import Encoded, Engine, Failure, Reason, Rescue, Source, in_words
from gpu_im2rec.transcode.meter import Meter
from gpu_im2rec.transcode.spec import TranscodeSpec

__all__ = ["Encoded", "Engine", "Failure", "Meter", "Reason", "Rescue", "Source", "TranscodeSpec", "in_words"]
