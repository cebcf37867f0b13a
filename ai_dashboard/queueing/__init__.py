"""Who is served next when a provider has no place left: levels, age, deadlines, fair shares."""
