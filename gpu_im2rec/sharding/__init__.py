"""A list packed into a set of shards: cut, packed one by one or at once, gathered; sets joined and cut again."""

from gpu_im2rec.sharding.here import pack_here
from gpu_im2rec.sharding.merging import MergeReport, merge
from gpu_im2rec.sharding.run import pack_shards
from gpu_im2rec.sharding.sizing import Cut
from gpu_im2rec.sharding.splitting import SplitReport, split

__all__ = ["Cut", "MergeReport", "SplitReport", "merge", "pack_here", "pack_shards", "split"]
