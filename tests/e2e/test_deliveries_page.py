"""What is owed to other systems, on screen: seen by those who run the whole, sent again by an administrator."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import expect

from pipeline.phantom import PhantomPatient, PhantomSeries, PhantomStudy, SeriesKind, datasets
from pipeline.testing.running import eventually

pytestmark = [pytest.mark.needs_chromium, pytest.mark.timeout(400)]
PASSWORD = "correct horse battery"


def given_up(house) -> UUID:
    """A delivery to a PACS that was forgotten since, of a study that has just come."""
    series = PhantomSeries(kind=SeriesKind.LOCALISER)
    patient = replace(PhantomPatient(), PatientID="OWED-1", PatientName="OWED^Olive")
    house.receive(datasets(PhantomStudy(seed=301, patient=patient, series=(series,))))
    query = """SELECT analysis.id, study.case_id FROM analysis JOIN series ON series.id = analysis.series_id
               JOIN study ON study.id = series.study_id WHERE study.patient_id = 'OWED-1'"""
    ((analysis_id, case_id),) = eventually(lambda: house.parts.rows(query), "the series has an analysis")
    with psycopg.connect(house.parts.database_url()) as connection:
        (made,) = connection.execute(
            """
            WITH ours AS (INSERT INTO result_object (analysis_id, sop_instance_uid, series_instance_uid, kind, path,
                                                     sha256) VALUES (%s, '1.2.3', '1.2', 'seg', '', '') RETURNING id),
                 pacs AS (INSERT INTO destination (site_id, name, kind, deliver_when)
                          VALUES ('local', 'PACS1', 'dicom', 'signed') RETURNING id)
            INSERT INTO delivery (destination_id, result_object_id, case_id, state, why, event, attempts)
            SELECT pacs.id, ours.id, %s, 'given_up', '10.1.2.3:104: there is no route to this machine.',
                   'opinion_signed', 81 FROM pacs, ours RETURNING id
            """,
            (analysis_id, case_id),
        ).fetchone()
    return made


def administrator(house) -> None:
    command = [sys.executable, "-m", "review_ui.accounts", "add", "chief", "--role", "administrator"]
    environment = {**os.environ, "DATABASE_URL": house.parts.database_url()}
    subprocess.run([*command, "--password-stdin"], input=PASSWORD, env=environment, text=True, check=True)


def test_an_administrator_sees_why_nothing_arrived_and_sends_it_again(house, window, anne):
    owed = given_up(house)
    administrator(house)
    chief = window()
    chief.sign_in("chief")
    chief.page.get_by_role("link", name="Deliveries").click()
    row = chief.page.locator(f"tr[data-delivery='{owed}']")
    expect(row).to_contain_text("Given up", timeout=30_000)
    expect(row).to_contain_text("there is no route to this machine")
    expect(chief.page.get_by_text("off, or its peer was moved")).to_be_visible()
    if folder := os.environ.get("NEUROVIGIE_PICTURES"):
        chief.page.screenshot(path=f"{folder}/deliveries.png")

    row.get_by_role("button", name="Send again").click()
    expect(row).to_contain_text("Owed", timeout=30_000)
    expect(row.get_by_role("button")).to_have_count(0)
    chief.page.locator("button[data-state=given_up]").click()
    expect(row).to_have_count(0, timeout=30_000)
    assert not [said for said in chief.complaints if "401" not in said]  # asked before signing in

    anne.page.get_by_role("link", name="Deliveries").click()
    expect(anne.page.locator(f"tr[data-delivery='{owed}']")).to_contain_text("Owed", timeout=30_000)
    expect(anne.page.get_by_role("button", name="Send again")).to_have_count(0)
    anne.page.get_by_role("button", name="Français").click()
    expect(anne.page.get_by_role("heading", name="Envois")).to_be_visible()
