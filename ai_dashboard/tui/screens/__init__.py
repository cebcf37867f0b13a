"""Screens: which panels stand where, and what the keys do there."""
