"""Answers for asks that mean the same: embedding and cosine, held back by guards that know no model."""
