"""K folds, and which network they choose."""
