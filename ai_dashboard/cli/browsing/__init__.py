"""The screens in a browser: who is let in, and the server that shows them."""
