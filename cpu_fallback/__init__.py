"""The CPU engine: decode, resize and encode on the host, on every core. The GPU engine's twin."""

from cpu_fallback.engine import CpuEngine

__all__ = ["CpuEngine"]
