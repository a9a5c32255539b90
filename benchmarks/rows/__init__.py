"""The data, and scores of its rows."""
