"""What a shell can complete: the tree of sub-commands, read off the parsers themselves, and a script for each shell."""
