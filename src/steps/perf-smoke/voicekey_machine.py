"""What else happens on the machine while something is measured: load, stolen time, the processes' own CPU time.

Standard library only, Python 3.10 and later. Whatever a machine does not tell is None.
"""

import os
import platform


def describe():
    """The processor and how many of its cores may be used."""
    return {"cpu": processor(), "cores": cores()}


def processor():
    for line in read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_average():
    """Of the last minute."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def ticks():
    """Of all cores since the start of the machine, in the kernel's ticks: (all, busy, stolen)."""
    for line in read("/proc/stat").splitlines():
        if line.startswith("cpu "):
            user, nice, system, idle, wait, irq, soft, stolen = (int(word) for word in line.split()[1:9])
            busy = user + nice + system + irq + soft
            return busy + idle + wait + stolen, busy, stolen
    return None


def session(leader):
    """Every process in the session that this one leads: its number, and the fields of its state behind the name."""
    found = {}
    if os.name == "posix" and os.path.isdir("/proc"):
        for name in os.listdir("/proc"):
            # The program's name stands in parentheses and may hold anything.
            words = read(f"/proc/{name}/stat").rpartition(")")[2].split() if name.isdigit() else []
            if len(words) > 14 and words[3] == str(leader):
                found[int(name)] = words
    return found


def cpu_ms(processes):
    """CPU milliseconds of these processes and of those of their children that have ended; None for none."""
    ticks_spent = sum(int(word) for words in processes.values() for word in words[11:15])
    return ticks_spent * 1000 / os.sysconf("SC_CLK_TCK") if processes else None


def waits(processes):
    """By thread: nanoseconds on a core, and ready while others had the cores. Empty where the kernel does not count."""
    found = {}
    for process in processes:
        try:
            threads = os.listdir(f"/proc/{process}/task")
        except OSError:
            continue  # it has ended
        for thread in threads:
            words = read(f"/proc/{process}/task/{thread}/schedstat").split()
            if len(words) == 3:
                found[thread] = int(words[0]), int(words[1])
    return found


def waited_ms(before, after, ms):
    """What the thread that waited most waited for other processes between the two, `ms` apart; None where nothing is known.

    Threads that wait at once delay once. Others had no more of the cores than its own threads left: waiting for these is its own work.
    """
    if not after:
        return None
    spent = [tuple(now - then for now, then in zip(ns, before.get(thread, (0, 0)))) for thread, ns in after.items()]
    left = max(0.0, cores() * ms - sum(ran for ran, _ in spent) / 1e6)
    return round(min(left, max(waited for _, waited in spent) / 1e6), 3)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


class Watch:
    """The machine between two moments."""

    def __init__(self):
        self.start, self.ticks = load_average(), ticks()

    def end(self, own_ms):
        """What the samples are recorded with; `own_ms` is the CPU time of the measured processes, None where it is not known."""
        after = ticks()
        others = stolen = None
        if self.ticks is not None and after is not None and after[0] > self.ticks[0]:
            whole = after[0] - self.ticks[0]
            stolen = percent(after[2] - self.ticks[2], whole)
            if own_ms is not None:
                times = os.times()
                ours = (own_ms / 1000 + times.user + times.system) * os.sysconf("SC_CLK_TCK")
                others = percent(after[1] - self.ticks[1] - ours, whole)
        return {"start": self.start, "end": load_average(), "others": others, "stolen": stolen}


def percent(part, whole):
    return round(min(100.0, max(0.0, 100 * part / whole)), 2)
