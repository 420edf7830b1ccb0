"""What became of an analysis, as spans of an OpenTelemetry trace.

Times come from the database's rows, so no process that must start whatever else is broken carries a tracing
library. A trace is a case. No attribute names a patient, a study, an address or a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERNAL, _OK, _ERROR = 1, 1, 2
"""SpanKind and Status of OTLP (opentelemetry-proto, trace/v1)."""
_FAILED = ("failed", "timed_out")


@dataclass(frozen=True, slots=True)
class Written:
    """One object made of an analysis: its kind (seg, sr, ...) and when it was in the vault."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndedAnalysis:
    """One analysis as the database tells it; ``seconds`` of each stage inside it."""

    id: UUID
    case_id: UUID
    site_id: str
    role: str
    state: str
    because: str
    haste: str
    bundle: str
    bundle_version: str
    images: int
    signal: str
    first_image_at: datetime
    last_image_at: datetime
    complete_at: datetime | None
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime
    seconds: Mapping[str, float]
    written: Sequence[Written] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A named piece of time."""

    name: str
    begin: datetime
    end: datetime
    attributes: Mapping[str, str | int | float]
    failed: bool = False


def spans(one: EndedAnalysis) -> list[Span]:
    """The whole way of a series, first, and its parts: arrival, completion, queue, analysis, objects written."""
    told = {
        "neurovigie.site": one.site_id,
        "neurovigie.role": one.role,
        "neurovigie.state": one.state,
        "neurovigie.because": one.because,
        "neurovigie.haste": one.haste,
    }
    last = max([one.finished_at, *(each.at for each in one.written)])
    return [Span("series", one.first_image_at, last, told, failed=one.state in _FAILED), *_parts(one)]


def _parts(one: EndedAnalysis) -> Iterator[Span]:
    yield Span("arrival", one.first_image_at, one.last_image_at, {"neurovigie.images": one.images})
    if one.complete_at is not None:
        yield Span("completion", one.last_image_at, one.complete_at, {"neurovigie.signal": one.signal})
    if one.started_at is None:
        return
    yield Span("queue", one.enqueued_at, one.started_at, {})
    model = {"neurovigie.bundle": one.bundle, "neurovigie.bundle_version": one.bundle_version}
    stages = {f"neurovigie.seconds.{stage}": round(float(took), 4) for stage, took in one.seconds.items()}
    yield Span("analysis", one.started_at, one.finished_at, {**model, **stages}, failed=one.state in _FAILED)
    for each in one.written:
        yield Span(f"write {each.kind}", one.finished_at, each.at, {})


def as_otlp(every: Sequence[EndedAnalysis], version: str) -> bytes:
    """The body of a POST to a collector's ``/v1/traces``: OTLP 1.x, JSON encoding (identifiers in hexadecimal)."""
    resource = _attributes({"service.name": "neurovigie", "service.version": version})
    scope = {"scope": {"name": "pipeline.clerk.traces"}, "spans": [span for one in every for span in _otlp_spans(one)]}
    return json.dumps({"resourceSpans": [{"resource": {"attributes": resource}, "scopeSpans": [scope]}]}).encode()


def _otlp_spans(one: EndedAnalysis) -> Iterator[dict[str, Any]]:
    trace, root = _id(f"case {one.case_id}", 16), _id(f"analysis {one.id} 0", 8)
    for number, span in enumerate(spans(one)):
        parent = {"parentSpanId": root} if number else {}
        yield {
            "traceId": trace,
            "spanId": _id(f"analysis {one.id} {number}", 8),
            **parent,
            "name": span.name,
            "kind": _INTERNAL,
            "startTimeUnixNano": str(_nanoseconds(span.begin)),
            "endTimeUnixNano": str(_nanoseconds(max(span.begin, span.end))),
            "attributes": _attributes(span.attributes),
            "status": {"code": _ERROR if span.failed else _OK},
        }


def _id(of: str, size: int) -> str:
    """The same every time, so that a span sent twice is one."""
    return hashlib.sha256(of.encode()).hexdigest()[: 2 * size]


def _nanoseconds(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def _attributes(values: Mapping[str, str | int | float]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value != ""]


def _value(value: str | float) -> dict[str, Any]:
    if isinstance(value, str):
        return {"stringValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"doubleValue": value}
