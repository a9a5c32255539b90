"""What the catalogue of causes has: entries by where the difference stands."""
