"""`bench`: who would be paid, the load itself, and what it comes to."""
