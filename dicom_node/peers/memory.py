"""The file in which the node remembers its peers, so that it can start while the database is down."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pipeline.database.peers import rules_json, rules_of
from pipeline.domain.peer import Peer


def remember(file: Path, peers: tuple[Peer, ...]) -> None:
    """Write the peers, readable by us alone, whole or not at all. Raises `OSError`."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump({"peers": [_kept(peer) for peer in peers]}, stream, indent=1)
        stream.flush()
        os.fsync(descriptor)
    temporary.replace(file)


def recall(file: Path) -> tuple[Peer, ...]:
    """The peers as they were last remembered; none when the file is missing or damaged."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["peers"]
        return tuple(_recalled(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _kept(peer: Peer) -> dict[str, Any]:
    said = {name: getattr(peer, name) for name in ("site_id", "ae_title", "host", "port")}
    return said | {"rules": rules_json(peer.rules)}


def _recalled(entry: dict[str, Any]) -> Peer:
    """A peer as it was kept, also by a version that knew no rules."""
    rules = rules_of(entry.get("rules", {}))
    return Peer(str(entry["site_id"]), str(entry["ae_title"]), str(entry["host"]), int(entry["port"]), rules)
