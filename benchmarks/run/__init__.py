"""Train, and show what came of it."""
