"""The configuration editor: what it knows (pure), and the widgets that it is made of."""
