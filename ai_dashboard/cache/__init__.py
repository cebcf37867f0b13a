"""Answers given before: exact and semantic, in memory or in Redis."""
