"""Who may read the figures: whoever can read a file in the home folder, made there at the first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAME = "metrics.token"


def make_token(root: Path) -> Path:
    """The token's file, made with a random token and readable by us alone if there is none yet."""
    file = root / NAME
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(32) + "\n")
    return file


def fits(root: Path, authorization: str) -> bool:
    """Whether an Authorization header carries the token; nobody gets in while there is none."""
    scheme, _, given = authorization.partition(" ")
    try:
        token = (root / NAME).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return False
    same = secrets.compare_digest(given.strip().encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and same
