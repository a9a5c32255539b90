"""A user's own two models as a problem, and their layers paired."""
