"""Vocabulary: the frozen words that all rooms share. Standard library only, no I/O, no clock, no chance."""
