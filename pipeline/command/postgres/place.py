"""Where the embedded PostgreSQL lives and as whom it runs.

PostgreSQL refuses to run as root. Started by root it runs as an existing account without rights, which
may be unable to pass through the folders above the home. Those are not ours to open: the server gets
an open descriptor of its own folder instead and reaches everything below it through that. Only its
programs, if they too lie where the account cannot go, are copied to `SHARED_PLACE`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from pipeline.domain.errors import ConfigurationError

ROLE = "neurovigie"
"""The name of the role and of the database."""
SHARED_PLACE = Path("/var/lib/neurovigie")
_ACCOUNTS = ("neurovigie", "nobody")
"""The first that exists is used; an administrator may make the first one for this alone."""
_LONGEST_SOCKET_PATH = 107
"""sockaddr_un holds 108 bytes with the closing NUL (unix(7))."""
_SOCKET_NAME = "/.s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system account the server runs as."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Place:
    """``folder`` holds data and lock, ``run`` the socket; ``account`` is None when we are not root."""

    folder: Path
    run: Path
    account: Account | None

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    @property
    def lock(self) -> Path:
        """Held by the supervisor of this server."""
        return self.folder / "lock"

    @property
    def url(self) -> str:
        """The DATABASE_URL of this server."""
        return f"postgresql://{ROLE}@/{ROLE}?host={quote(str(self.run), safe='/')}"


def place_of(folder: Path) -> Place:
    """Where the server of ``folder`` (home/postgres) is, or would be; changes nothing on disk."""
    account = _account() if os.geteuid() == 0 else None
    whole = folder.resolve()
    return Place(whole, _socket_folder(whole, os.geteuid()), account)


def prepare(folder: Path) -> Place:
    """Make the server's folders, owned by its account and closed to all others."""
    place = place_of(folder)
    place.folder.parent.mkdir(parents=True, exist_ok=True)
    for made in (place.folder, place.run):
        _own_folder(made, place.account)
    return place


def reachable_programs(root: Path, account: Account | None) -> Path:
    """The installation itself, or a copy of it in `SHARED_PLACE` when ``account`` may not enter it.

    The wheel keeps the libraries in a folder beside its package, and the programs look for them there.
    """
    if account is None or may_enter(account, root):
        return root
    package, libraries = root.parent, root.parent.with_name(f"{root.parent.name}.libs")
    copy = SHARED_PLACE / f"programs-{_short(root)}"
    if not copy.exists():
        SHARED_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = SHARED_PLACE / f".{copy.name}-{os.getpid()}"
        shutil.copytree(root, unfinished / package.name / root.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.rename(copy)
    return copy / package.name / root.name


def may_enter(account: Account, folder: Path) -> bool:
    """Whether the account may pass through every folder down to this one, by their permission bits."""
    return all(_may_pass(account, step.stat()) for step in (folder, *folder.parents) if step.exists())


def _may_pass(account: Account, status: os.stat_result) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _account() -> Account:
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ConfigurationError(
        "PostgreSQL does not run as root and there is no account `neurovigie` or `nobody` to run it as; "
        "create one, start NeuroVigie as another user, or set DATABASE_URL."
    )


def _socket_folder(folder: Path, uid: int) -> Path:
    """Beside the data if the socket's path is short enough there, else a short private folder."""
    beside = folder / "run"
    if len(f"{beside}{_SOCKET_NAME}".encode()) <= _LONGEST_SOCKET_PATH:
        return beside
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = Path(runtime) if runtime and uid != 0 and len(runtime) < 60 else Path("/tmp")  # noqa: S108 - see _own_folder
    return parent / f"neurovigie-{uid}-{_short(folder)}"


def _own_folder(folder: Path, account: Account | None) -> None:
    """Make a folder that only its owner may enter; one that somebody else made there is refused."""
    uid = account.uid if account else os.geteuid()
    if not folder.exists() and not folder.is_symlink():
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (uid, os.geteuid()):
        raise ConfigurationError(f"{folder} belongs to somebody else; remove it or choose another --home.")
    folder.chmod(0o700)
    if status.st_uid != uid and account is not None:
        os.chown(folder, account.uid, account.gid)


def _short(path: Path) -> str:
    return sha256(os.fsencode(path)).hexdigest()[:12]
