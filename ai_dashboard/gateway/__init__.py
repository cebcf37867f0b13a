"""Where rooms meet: one request's life, what is in force (`Generation`) and what has happened (`Runtime`)."""
