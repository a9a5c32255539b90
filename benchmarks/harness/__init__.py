"""How it is run: a fresh process, its job, and who starts it."""
