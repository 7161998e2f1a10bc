"""Reading pictures from a storage: requests a second and what they cost."""
