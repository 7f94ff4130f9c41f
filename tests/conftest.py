"""For all tests: no deadline for a single example, since machines are slow at times and coverage always is."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
