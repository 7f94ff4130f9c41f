"""For all tests: no deadline for a single example, since machines are slow at times and coverage always is; SIGHUP as usual."""

import signal

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Under `nohup` it is ignored, a build respects that, and every child would inherit it.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
