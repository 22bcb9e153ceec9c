"""Run a program that dies when the process that started it dies: ``leash.py PARENT_PID PROGRAM ARGUMENT…``

A program of its own, because the kernel's parent-death signal must be asked for in the child itself, and doing that
between fork and exec of a Python process with threads (``preexec_fn``) may deadlock. It takes the same process id as
the program it becomes, so the caller stops that by pid. SIGKILL, because nobody is left who could wait for a gentle
end. The parent, in the kernel's sense, is the *thread* that forked: start children from a thread that lives on.

Source: prctl(2), PR_SET_PDEATHSIG.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become ``arguments[1:]``, unless the parent ``arguments[0]`` is gone already."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        sys.exit("leash: the kernel refused the parent-death signal")
    if os.getppid() != int(arguments[0]):  # it died before the line above
        sys.exit("leash: the parent is gone")
    # A PBX with hundreds of calls needs more files than the usual soft limit of 1024.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    os.execv(arguments[1], arguments[1:])  # noqa: S606 (that is what it is for)


if __name__ == "__main__":
    main(sys.argv[1:])
