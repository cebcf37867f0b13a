"""Who should answer: pure, synchronous decisions that can be tested, replayed and explained."""
