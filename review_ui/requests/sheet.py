"""The transfer sheet: one page of HTML that a browser prints, without script and without anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from review_ui.printed_words import LANGUAGES
from review_ui.requests.views import RequestView
from review_ui.requests.words import words

__all__ = ["LANGUAGES", "STYLE_POLICY", "sheet"]

PARIS = ZoneInfo("Europe/Paris")

_STYLE = (
    "body{font:11pt/1.35 sans-serif;margin:1.5cm;color:#000;background:#fff}h1{font-size:16pt;margin:0 0 .4em}"
    "table{border-collapse:collapse;width:100%}th{text-align:left;width:38%;font-weight:600}"
    "th,td{border-bottom:1px solid #999;padding:.25em .4em;vertical-align:top}"
    ".flag{border:2px solid #000;padding:.4em .6em;margin:.8em 0}footer{margin-top:1em;font-size:9pt}"
    "td{white-space:pre-line;overflow-wrap:anywhere}@page{size:A4;margin:1cm}"
)
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
STYLE_POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'"
"""What the page may load: its own style and nothing else."""


def sheet(one: RequestView, site_name: str, language: str, now: datetime) -> str:
    """The page; times are Paris time, with UTC where the day could be mistaken."""
    said = words(language)
    rows = "".join(
        f"<tr><th scope=row>{escape(said[key])}</th><td>{escape(value)}</td></tr>"
        for key, value in _rows(one, site_name, said)
    )
    flags = "".join(f"<li>{escape(said.get(flag.code, flag.text))}</li>" for flag in one.flags)
    warned = f'<div class="flag"><strong>{escape(said["to_check"])}</strong><ul>{flags}</ul></div>' if flags else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(said["title"])}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(said['title'])}</h1>{warned}<table>{rows}</table>"
        f"<footer>{escape(said['printed'])} {escape(_time(now))} · {one.id} v{one.version} · "
        f"{escape(said['research'])}</footer></body></html>"
    )


def _rows(one: RequestView, site_name: str, said: dict[str, str]) -> Iterator[tuple[str, str]]:
    none = said["not_told"]
    yield "patient", one.patient.name.replace("^", " ")
    yield "birth_date", _date(one.patient.birth_date) or none
    yield "patient_id", one.patient.id or none
    yield "sex", one.patient.sex or none
    yield "age", _or(one.age_years, none)
    yield "site", site_name
    yield "requester", one.requester
    yield "call_back", one.call_back
    yield "urgency", said[one.urgency]
    yield "question", one.question or none
    yield "onset", _onset(one, said)
    yield "last_known_well", _time_or(one.onset.last_known_well_at, none)
    yield "windows", "\n".join(f"{said[window.code]} {_time(window.ends_at)}" for window in one.windows) or none
    yield "arrived", _time_or(one.arrived_at, none)
    yield from _facts(one, said, none)


def _facts(one: RequestView, said: dict[str, str], none: str) -> Iterator[tuple[str, str]]:
    items = ", ".join(f"{item}: {score}" for item, score in one.nihss.items.items())
    yield "nihss", " · ".join(part for part in (_or(one.nihss.total, "" if items else none), items) if part)
    yield "modified_rankin", _or(one.modified_rankin, none)
    taken = none if one.anticoagulant is None else said[one.anticoagulant]
    yield "anticoagulant", f"{taken} {one.anticoagulant_name}".strip()
    yield "last_dose", _time_or(one.last_dose_at, none)
    yield "pressure", f"{_or(one.systolic_mmhg, none)} / {_or(one.diastolic_mmhg, none)}"
    yield "glucose", _or(one.glucose_mmol_per_l, none)
    yield "platelets", _or(one.platelets_e9_per_l, none)
    yield "inr", _or(one.inr, none)
    yield "weight", _or(one.weight_kg, none)


def _onset(one: RequestView, said: dict[str, str]) -> str:
    if one.onset.kind == "wake_up":
        return f"{said['wake_up']} {_time(one.onset.at) if one.onset.at else ''}".strip()
    return _time_or(one.onset.at, said["unknown"])


def _or(value: float | None, none: str) -> str:
    return none if value is None else f"{value:g}"


def _time_or(at: datetime | None, none: str) -> str:
    return none if at is None else _time(at)


def _time(at: datetime) -> str:
    local = at.astimezone(PARIS)
    return f"{local:%d/%m/%Y %H:%M} ({local:%Z})"


def _date(birth_date: str) -> str:
    return f"{birth_date[6:]}/{birth_date[4:6]}/{birth_date[:4]}" if len(birth_date) == 8 else ""  # YYYYMMDD
