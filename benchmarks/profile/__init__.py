"""Where the time of uetbuild goes, by phase. `python -m benchmarks.profile CASE`."""
