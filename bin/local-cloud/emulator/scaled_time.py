"""
Scaled time. A canary that bakes for five minutes, watched by an alarm with a period of one minute, is five seconds here
and one: every duration that AWS counts in minutes is shrunk by the same factor, so that what is shorter on AWS is
shorter here. Durations of the function itself (its time-out, its latency) are real.

Who reads the time of day, and counts minutes of AWS by it, needs a clock that runs as fast: one that begins with the
emulator, at the real time, and from then on is ahead of it.
"""

import os
import time

# When the scaled clock showed the real time; processes that live in scaled time inherit it.
START = 'LOCAL_CLOUD_START'
os.environ.setdefault(START, str(time.time()))


def minute():
    """Real seconds that stand for one minute of AWS."""
    seconds = float(os.environ.get('LOCAL_CLOUD_MINUTE_SECONDS') or 1)
    if seconds <= 0:
        raise ValueError('LOCAL_CLOUD_MINUTE_SECONDS must be more than 0')
    return seconds


def real(aws_seconds):
    """Real seconds that stand for so many seconds of AWS."""
    return aws_seconds * minute() / 60


def at(real_time):
    """What the scaled clock shows at a real time, both in seconds since 1970."""
    start = float(os.environ[START])
    return start + (real_time - start) * 60 / minute()
