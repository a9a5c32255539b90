"""What keeps the project in order; not installed with it."""
