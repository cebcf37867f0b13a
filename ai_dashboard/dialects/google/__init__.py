"""Google's dialect: generateContent and its relatives, from both sides."""
