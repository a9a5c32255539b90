"""Sections of tables and figures, for the terminal, for Markdown and for a page."""
