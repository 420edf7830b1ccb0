"""What is in the vault, by site."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dicom_node.holdings.stored import Stored, pending_paths, read_stored, stored_paths
from pipeline.domain.errors import UnreadableInstance


@dataclass(slots=True)
class SiteCount:
    """One site's files; ``size`` in bytes, times as ISO 8601 in UTC."""

    studies: int = 0
    files: int = 0
    size: int = 0
    first_received: str = ""
    last_received: str = ""
    transfer_syntaxes: dict[str, int] = field(default_factory=dict)


def count(root: Path) -> dict[str, Any]:
    """Studies, files and bytes of each site, and how full the disk is."""
    sites: dict[str, SiteCount] = {}
    folders: dict[str, set[str]] = {}
    unreadable = 0
    for path in stored_paths(root):
        try:
            stored = read_stored(root, path)
        except (UnreadableInstance, OSError):
            unreadable += 1
            continue
        site_id = stored.meta.arrival.site_id
        _add(sites.setdefault(site_id, SiteCount()), stored)
        folders.setdefault(site_id, set()).add(path.split("/")[1])
    for site_id, studies in folders.items():
        sites[site_id].studies = len(studies)
    return {
        "sites": {site_id: asdict(one) for site_id, one in sorted(sites.items())},
        "files": sum(one.files for one in sites.values()) + unreadable,
        "size": sum(one.size for one in sites.values()),
        "unreadable": unreadable,
        "pending": len(pending_paths(root)),
        "journal_size": sum(one.stat().st_size for one in (root / "journal").glob("*.journal")),
        "disk_used_share": round(_used_share(root), 4),
    }


def _add(to: SiteCount, stored: Stored) -> None:
    at = stored.meta.arrival.received_at.isoformat(timespec="seconds")
    to.files += 1
    to.size += stored.size
    to.first_received = min(to.first_received or at, at)
    to.last_received = max(to.last_received, at)
    syntax = stored.meta.arrival.TransferSyntaxUID
    to.transfer_syntaxes[syntax] = to.transfer_syntaxes.get(syntax, 0) + 1


def _used_share(root: Path) -> float:
    disk = os.statvfs(root)
    used = disk.f_blocks - disk.f_bfree
    return used / (used + disk.f_bavail) if used + disk.f_bavail else 0.0
