"""Numbers in, numbers and verdicts out."""
