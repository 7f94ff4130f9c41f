"""Pure decisions: no file, clock, environment, randomness or output; standard library only."""
