"""Ollama's native dialect: `/api/chat`, so that `keep_alive`, `num_ctx` and `think` work."""
