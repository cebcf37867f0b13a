"""Backups: what goes into one, how it is read without trusting it, and how it takes the place of what is there."""
