"""Panels: each a view of one picture. `select` chooses what to show, `draw` writes it, both without Textual."""
