"""The survey (what is stale, and why) and the loop (run it); the only callers of the ports."""
