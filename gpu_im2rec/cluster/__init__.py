"""Sets of shards packed by many machines, which an engine that is there already schedules."""
