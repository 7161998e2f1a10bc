"""Shards packed by the machines of a cluster: one task a shard."""

from gpu_im2rec.cluster.on_ray import OnRay

__all__ = ["OnRay"]
