"""Tables and figures, for the terminal, Markdown and a page."""
