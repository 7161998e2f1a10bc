"""A list packed into a set of shards: cut, packed one by one or at once, gathered; sets joined and cut again."""

from gpu_im2rec.sharding.run import pack_shards
from gpu_im2rec.sharding.sizing import Cut

__all__ = ["Cut", "pack_shards"]
