"""Each stage of a run alone, beside what limits it."""
