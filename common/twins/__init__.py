"""A user's own two models: what is asked of each, and both as a problem to train."""
