"""The screen: what a gateway looks like in a terminal. It sees `core` alone, and reads it on its own clock."""
