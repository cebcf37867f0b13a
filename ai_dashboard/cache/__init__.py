"""Answers that are given again. `SemanticCache` is usable on its own."""

from ai_dashboard.cache.semantic.standalone import SemanticCache

__all__ = ["SemanticCache"]
