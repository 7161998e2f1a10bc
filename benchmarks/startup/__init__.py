"""How long a program takes to begin."""
