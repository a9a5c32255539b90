"""What the judge of two models asks, of a user's model in this framework: see `probe`."""
