"""Measurements of uetbuild beside other tools. Nothing here is installed with it."""
