"""The parts of which a page is made."""
