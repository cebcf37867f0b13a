"""Ollama's native dialect: chat, generate, embed, and the lists of models that its clients ask for."""
