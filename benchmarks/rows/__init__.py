"""The data, and what a network says of single rows."""
