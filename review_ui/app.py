"""The desk as one ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine

from pipeline.assembly.charsets import read_chinese_escapes
from pipeline.database.engine import conninfo
from pipeline.domain.deadlines import deadlines
from pipeline.settings import Settings
from pipeline.version import installed_version
from review_ui.accounts.passwords import AT_ONCE, Passwords
from review_ui.accounts.sign_in import Door
from review_ui.bundles import read_bundle_texts
from review_ui.desk import Clock, Desk
from review_ui.dicomweb.part10 import be_quiet
from review_ui.dicomweb.receiving import Receiver
from review_ui.dicomweb.series_metadata import MetadataReader
from review_ui.dicomweb.viewers import OtherViewers
from review_ui.events.hub import EventHub
from review_ui.health import Health
from review_ui.http import problems
from review_ui.http.cross_origin import AnswersOtherViewers, origin_of
from review_ui.http.description import describe
from review_ui.http.middleware import AccessLog, LimitsBodies, RequiresOurHeader, SecurityHeaders
from review_ui.http.pages import add_pages
from review_ui.metrics.scrape import Scrape
from review_ui.peers.checkup import CheckUp
from review_ui.rendering.child import Renderer
from review_ui.routes import (
    awaited,
    calendar,
    calling,
    cases,
    closing,
    coverage,
    deliveries,
    dicomweb,
    dicomweb_rendered,
    dicomweb_retrieve,
    dicomweb_search,
    dicomweb_store,
    events,
    exchanges,
    figures,
    grants,
    identity,
    metrics,
    notifications,
    opinions,
    other_viewers,
    peers,
    printing,
    priors,
    requests,
    results,
    retention,
    rota,
    series,
    session,
    set_up,
    sites,
    status,
    thread,
    times,
)


def create_app(settings: Settings, engine: Engine, vault_root: Path, derived_root: Path, clock: Clock) -> FastAPI:
    """Build the desk; nothing is connected to until a request comes or the application's lifespan begins."""
    be_quiet()
    read_chinese_escapes()
    passwords = Passwords()
    hub = EventHub(engine, conninfo(settings.database_url))
    app = FastAPI(
        title="NeuroVigie",
        version=installed_version(),
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_lifespan,
    )
    app.state.desk = Desk(
        engine=engine,
        home_root=settings.folders.root,
        vault_root=vault_root,
        derived_root=derived_root,
        clock=clock,
        passwords=passwords,
        door=Door(engine, passwords),
        sign_in_turns=asyncio.Semaphore(AT_ONCE),
        hub=hub,
        metadata=MetadataReader(vault_root, derived_root),
        renderer=Renderer(),
        receiver=Receiver(vault_root, settings.disk_watermark, clock),
        viewers=OtherViewers(settings.ohif_url, weasis=settings.weasis),
        bundles=read_bundle_texts([Path(str(files("models") / "bundles"))]),
        health=Health(engine),
        scrape=Scrape(engine, clock, installed_version()),
        check_up=CheckUp(settings),
        deadlines=deadlines(quiet_time_s=settings.quiet_time_s, analysis_limit_s=settings.analysis_limit_s),
    )
    app.include_router(_api())
    app.include_router(metrics.router)
    for service in (dicomweb_search, dicomweb_retrieve, dicomweb_rendered, dicomweb_store):
        app.include_router(service.router)
    add_pages(app, Path(str(files("review_ui") / "static" / "app")))
    problems.add_to(app)
    describe(app)
    for middleware in (LimitsBodies, RequiresOurHeader):  # the last added is the outermost
        app.add_middleware(middleware)
    app.add_middleware(AnswersOtherViewers, origin=origin_of(settings.ohif_url))
    app.add_middleware(SecurityHeaders)
    app.add_middleware(AccessLog)
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    of_cases = (
        cases,
        closing,
        awaited,
        requests,
        calling,
        thread,
        opinions,
        printing,
        times,
        results,
        series,
        events,
        identity,
        deliveries,
        dicomweb,
        other_viewers,
        priors,
    )
    of_people = (sites, set_up, retention, peers, rota, coverage, exchanges, calendar, notifications, figures, grants)
    for resource in (status, session, *of_cases, *of_people):
        api.include_router(resource.router)
    return api


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Listen for events for as long as the application runs."""
    hub: EventHub = app.state.desk.hub
    listening = asyncio.create_task(hub.run())
    try:
        yield
    finally:
        hub.close()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await asyncio.get_running_loop().shutdown_default_executor()  # what the hub was still reading
        app.state.desk.renderer.close()
        app.state.desk.engine.dispose()
