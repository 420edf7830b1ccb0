"""Rendered pictures and thumbnails of WADO-RS (PS3.18 10.4.1.1.3 and .4), for people who look and do not diagnose."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from review_ui.desk import Desk, TheDesk
from review_ui.dicomweb import multipart
from review_ui.dicomweb.caching import KEPT, REVALIDATED, unchanged
from review_ui.dicomweb.find import StoredInstance
from review_ui.dicomweb.frame_answer import frame_numbers
from review_ui.dicomweb.frames import number_of_frames
from review_ui.dicomweb.part10 import open_instance
from review_ui.dicomweb.pictures import Picture, read_picture
from review_ui.dicomweb.root import ROOT
from review_ui.http.problems import Problem
from review_ui.rendering.wanted import Asked
from review_ui.routes.dicomweb_retrieve import Images

router = APIRouter(prefix=ROOT, include_in_schema=False)

MOST_PICTURES = 1200
"""In one answer: more images than any series of a head has."""
_SERIES = "/studies/{study_uid}/series/{series_uid}"
_INSTANCE = _SERIES + "/instances/{instance_uid}"

OneFrame = tuple[StoredInstance, int]


@router.get("/studies/{study_uid}/rendered")
@router.get(_SERIES + "/rendered")
@router.get(_INSTANCE + "/rendered")
@router.get(_INSTANCE + "/frames/{numbers}/rendered")
def rendered(request: Request, found: Images, at: TheDesk, numbers: str = "") -> Response:
    """Pictures of frames: bare where it is one, else in parts."""
    picture = read_picture(request.query_params, request.headers.get("accept", ""))
    wanted = _frames(found, at, frame_numbers(numbers) if numbers else [])
    if len(wanted) == 1:
        return _one(request, wanted[0], picture, at)
    headers = {"Cache-Control": REVALIDATED, **_warning(picture)}
    parts = _parts(wanted, picture, at)
    return StreamingResponse(parts, media_type=multipart.content_type(picture.media_type), headers=headers)


@router.get("/studies/{study_uid}/thumbnail")
@router.get(_SERIES + "/thumbnail")
@router.get(_INSTANCE + "/thumbnail")
@router.get(_INSTANCE + "/frames/{numbers}/thumbnail")
def thumbnail(request: Request, found: Images, at: TheDesk, numbers: str = "") -> Response:
    """One small picture that stands for all: the middle one."""
    picture = read_picture(request.query_params, request.headers.get("accept", ""), thumbnail=True)
    if numbers:
        return _one(request, (found[0], frame_numbers(numbers)[0]), picture, at)
    image = found[len(found) // 2]
    return _one(request, (image, (_count(image, at) + 1) // 2 or 1), picture, at)


def _frames(found: list[StoredInstance], at: Desk, numbers: list[int]) -> list[OneFrame]:
    """Every frame to draw; what has no pixels, as reports, is passed over unless it is all there is."""
    if numbers:
        return [(found[0], number) for number in numbers]
    wanted: list[OneFrame] = []
    for image in found:
        wanted += [(image, number) for number in range(1, _count(image, at) + 1)]
        if len(wanted) > MOST_PICTURES:
            raise Problem(413, "too_large", f"That is more than {MOST_PICTURES} pictures; ask for less.")
    return wanted or [(found[0], 1)]


def _count(image: StoredInstance, at: Desk) -> int:
    with open_instance(at.vault_root / image.path) as instance:
        return number_of_frames(instance) if instance.pixels is not None else 0


def _one(request: Request, frame: OneFrame, picture: Picture, at: Desk) -> Response:
    image, number = frame
    shape = f"{picture.format}-{picture.quality}-{picture.window}-{picture.most}".replace(" ", "")
    headers = {"ETag": f'"{image.sha256[:32]}-{number}-{shape}"', "Cache-Control": KEPT, "Vary": "Accept"}
    headers |= _warning(picture)
    if unchanged(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(_drawn(frame, picture, at), media_type=picture.media_type, headers=headers)


def _parts(wanted: list[OneFrame], picture: Picture, at: Desk) -> Iterator[bytes]:
    for index, frame in enumerate(wanted):
        drawn = _drawn(frame, picture, at)
        yield multipart.part_head(picture.media_type, len(drawn), first=index == 0) + drawn
    yield multipart.END


def _drawn(frame: OneFrame, picture: Picture, at: Desk) -> bytes:
    image, number = frame
    asked = Asked(
        "picture", str(at.vault_root / image.path), number, picture.format, picture.quality, picture.window,
        picture.most,
    )  # fmt: skip
    return at.renderer.make(asked)


def _warning(picture: Picture) -> dict[str, str]:
    return {"Warning": f'299 neurovigie "{picture.remark}"'} if picture.remark else {}
