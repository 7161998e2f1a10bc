"""What a run costs as its list grows."""
