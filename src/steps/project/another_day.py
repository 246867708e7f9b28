"""One hook of the project's backend, on another day: the clock that Python code reads is put forward before the backend is loaded.

argv: <wheel | sdist> <folder for it> <seconds> <umask, octal>; the working folder is the project's root. Two builds may stand in the same second,
or on the same day; what a build writes of the time is seen only when the time is another one.
"""

import datetime
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import voicekey_backend  # noqa: E402

sys.path.remove(HERE)


def main():
    kind, folder, seconds, umask = sys.argv[1:5]
    folder = os.path.abspath(folder)
    os.umask(int(umask, 8))
    if int(seconds) != 0:
        put_forward(int(seconds))
    backend = voicekey_backend.load(voicekey_backend.read_settings())
    (backend.build_wheel if kind == "wheel" else backend.build_sdist)(folder)


def put_forward(seconds):
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + seconds * 1_000_000_000
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, from_seconds(getattr(time, name)))
    asctime, strftime, localtime = time.asctime, time.strftime, time.localtime
    time.asctime = lambda moment=None: asctime(localtime() if moment is None else moment)
    time.strftime = lambda form, moment=None: strftime(form, localtime() if moment is None else moment)
    datetime.datetime, datetime.date = later_types()


def from_seconds(real):
    return lambda moment=None: real(time.time() if moment is None else moment)


def later_types():
    """`now` and `today` of the later day; values of the real types still count as instances."""
    real, real_date = datetime.datetime, datetime.date

    class Stamp(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real)

    class Day(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real_date)

    class Later(real, metaclass=Stamp):
        @classmethod
        def now(cls, tz=None):
            return real.fromtimestamp(time.time(), tz)

        @classmethod
        def utcnow(cls):
            return real.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    class LaterDate(real_date, metaclass=Day):
        @classmethod
        def today(cls):
            return real_date.fromtimestamp(time.time())

    return Later, LaterDate


main()
