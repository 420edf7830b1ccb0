"""What the inference child gives up before it loads a model: secrets, network, endless memory, outliving its parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CLONE_NEWUSER = 0x10000000  # linux/sched.h
_CLONE_NEWNET = 0x40000000

_PASSED_ON = frozenset(
    {"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME",
     "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
)  # fmt: skip
"""Everything else stays behind: DATABASE_URL, passwords, tokens, proxies."""

_OWN = {"PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""OpenMP threads that spin while they wait cost a third of the speed as soon as another process wants a core."""

MEMORY_SHARE = 0.75
"""Of the machine's memory, above what the loaded models map already: the node and the database keep the rest."""


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment a child may see."""
    return {name: value for name, value in environment.items() if name in _PASSED_ON} | _OWN


def die_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends (Linux; elsewhere nothing)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def leave_network() -> bool:
    """Move to a network namespace without interfaces; False where the kernel does not let us.

    Only while the process has one thread (unshare(2)). Where a plain namespace is not allowed, a user
    namespace is made around it, except for root, who would lose the right to read others' files.
    """
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWNET) == 0:
            return True
        uid, gid = os.geteuid(), os.getegid()
        if uid == 0 or libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    except (OSError, AttributeError):
        return False
    return True


def limit_memory() -> None:
    """Cap the address space at what is mapped now plus `MEMORY_SHARE` of the machine's memory.

    Not for a process that uses CUDA: it reserves address space without end.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    machine = os.sysconf("SC_PHYS_PAGES") * page
    with contextlib.suppress(OSError, ValueError):
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * page
        cap = mapped + int(machine * MEMORY_SHARE)
        resource.setrlimit(resource.RLIMIT_AS, (cap, cap))
