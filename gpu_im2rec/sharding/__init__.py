"""A list packed into a set of shards: cut, packed one by one or at once, gathered; sets joined and cut again."""
