"""How people and providers speak: pure translation between bytes and one canonical form. No I/O, clock or chance."""
