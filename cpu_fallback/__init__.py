"""The CPU engine: decode, resize and encode on the host, on every core. The GPU engine's twin."""

from cpu_fallback.engine import CpuEngine
from cpu_fallback.supervised import isolated

__all__ = ["CpuEngine", "isolated"]
