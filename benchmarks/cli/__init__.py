"""The command line: its options, and what is made of them."""
