"""One case of Carhaix with everything that has an address of its own, for tests that try every route."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from sqlalchemy import insert, select

from pipeline.database.calling_tables import channel, notification
from pipeline.database.grants import NewGrant, grant
from pipeline.database.rota_tables import absence, duty, exchange, expert
from pipeline.database.tables import analysis, finding, identity_correction, result_object, series, study
from pipeline.domain.identity import PatientIdentity
from pipeline.testing.instances import TinySlice, uid

PHONE = "+33 2 98 11 11 11"
ASKED: dict[str, Any] = {
    "patient": {"family_name": "Doe", "given_name": "Jane", "patient_id": "P1", "birth_date": "19500101"},
    "urgency": "urgent",
    "requester": "Dr Morvan",
    "call_back": "+33 2 98 00 00 00",
}
OPINION = {"haemorrhage": {"present": False}, "recommendations": ["other"]}


class PrivateSlice(TinySlice):
    """A slice with a long binary value, so that there is bulk data to ask for."""

    def dataset(self) -> Dataset:
        made = super().dataset()
        made.private_block(0x0009, "TEST", create=True).add_new(1, "OB", bytes(2000))
        return made


class WholeCase:
    """The case, and the names its parts have in the addresses of the API."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        desk.receive(PrivateSlice())
        ((self.case, self.study, self.series),) = desk.execute(
            select(study.c.case_id, study.c.id, series.c.id).join(series)
        )
        self.hospital, self.expert = desk.client("carhaix"), desk.client("expert")
        self.request = self._sent(self.hospital, "/requests", ASKED)
        self.message = self._sent(self.hospital, f"/cases/{self.case}/messages", {"text": "Hello", "key": str(uuid4())})
        self.key_image = self._key_image()
        self.opinion = self._signed()
        self._on_the_rota()
        self.grant_to("auditor")

    def names(self) -> Mapping[str, Callable[[], object]]:
        """What stands for each name in an address; asked anew for every call, for some things are used up."""
        return {
            "case_id": lambda: self.case,
            "study_id": lambda: self.study,
            "study_uid": lambda: uid("study"),
            "series_uid": lambda: uid("study", "series"),
            "instance_uid": lambda: TinySlice().SOPInstanceUID,
            "numbers": lambda: 1,
            "tag": lambda: "00091001",
            "series_id": lambda: self.series,
            "request_id": lambda: self.request["id"],
            "opinion_id": lambda: self.opinion,
            "result_id": lambda: self.key_image,
            "account_id": lambda: self.desk.accounts["expert"],
            "site": lambda: "carhaix",
            "said": lambda: "decline",
            "token": self._token,
            "delivery_id": uuid4,
            "peer_id": uuid4,
            "correction_id": self._correction,
            "duty_id": self._duty,
            "absence_id": self._absence,
            "exchange_id": self._exchange,
            "grant_id": lambda: self.grant_to("root", running=False),
        }

    def grant_to(self, administrator: str, *, running: bool = True) -> object:
        """Let an administrator see images, or note that somebody once did."""
        now = self.desk.clock.now
        ends_at = now + timedelta(days=1) if running else now
        who, by = self.desk.accounts[administrator], self.desk.accounts["coordinator"]
        with self.desk.engine.begin() as connection:
            return grant(connection, NewGrant(who, by, "a fault to find", now, ends_at))

    def _sent(self, client: Any, path: str, body: Any) -> Any:
        answer = client.post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def _key_image(self) -> object:
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.BitsAllocated = 8
        one.SOPClassUID, one.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
        one.Rows, one.Columns, one.PixelData = 1, 2, bytes([255, 0, 0, 0, 0, 255])
        (self.desk.vault_root / "made").mkdir()
        one.save_as(self.desk.vault_root / "made" / "sc.dcm", enforce_file_format=True)
        known = {"series_id": self.series, "version": 1, "state": "analysed"}
        (analysed,) = self._made(insert(analysis).values(**known).returning(analysis.c.id))
        bleed = {"kind": "haemorrhage", "volume_ml": 12.3, "side": "left", "confidence": 0.9, "label": 1, "site": "IPH"}
        self.desk.execute(insert(finding).values(analysis_id=analysed, **bleed))
        row = {"analysis_id": analysed, "sop_instance_uid": "3", "series_instance_uid": "3", "kind": "sc"}
        stored = insert(result_object).values(path="made/sc.dcm", sha256="x", **row)
        return self._made(stored.returning(result_object.c.id))[0]

    def _signed(self) -> str:
        begun = self._sent(self.expert, f"/cases/{self.case}/opinions", {})
        path = f"/opinions/{begun['id']}"
        draft = {"revision": 1, "content": OPINION, "confirmed": begun["draft"]["unconfirmed"]}
        written = self.expert.put(f"/api/v1{path}/draft", json=draft).json()
        self._sent(self.expert, f"{path}/sign", {"revision": written["revision"]})
        return str(begun["id"])

    def _on_the_rota(self) -> None:
        for name in ("expert", "colleague"):
            row = {"id": self.desk.accounts[name], "centre": "chu", "skills": ["diagnostic"], "phone": PHONE}
            self.desk.execute(insert(expert).values(**row))
        row = {"name": "pager", "kind": "webhook", "address": "http://127.0.0.1:1/"}
        (self.channel,) = self._made(insert(channel).values(**row).returning(channel.c.id))

    def _times(self) -> dict[str, Any]:
        now = self.desk.clock.now
        return {"starts_at": now + timedelta(days=1), "ends_at": now + timedelta(days=2)}

    def _duty(self) -> object:
        row = {"expert_id": self.desk.accounts["expert"], "centre": "chu", "skill": "diagnostic", **self._times()}
        return self._made(insert(duty).values(rank=9, **row).returning(duty.c.id))[0]

    def _absence(self) -> object:
        row = {"expert_id": self.desk.accounts["expert"], **self._times()}
        return self._made(insert(absence).values(**row).returning(absence.c.id))[0]

    def _exchange(self) -> object:
        people = {"giver": self.desk.accounts["expert"], "taker": self.desk.accounts["colleague"]}
        row = {"duty_id": self._duty(), **people, **self._times()}
        return self._made(insert(exchange).values(**row).returning(exchange.c.id))[0]

    def _token(self) -> str:
        row = {"case_id": self.case, "channel_id": self.channel, "person_id": self.desk.accounts["expert"]}
        token = uuid4().hex
        self.desk.execute(insert(notification).values(token=token, kind="call", tier="red", state="sent", **row))
        return token

    def _correction(self) -> object:
        known = PatientIdentity(
            IssuerOfPatientID="", PatientID="P1", PatientName="Doe^Jane", PatientBirthDate="", PatientSex="F"
        )
        row = {"known": asdict(known), "proposed": asdict(replace(known, PatientID=uuid4().hex))}
        made = insert(identity_correction).values(case_id=self.case, sop_instance_uid="1.2", **row)
        return self._made(made.returning(identity_correction.c.id))[0]

    def _made(self, statement: Any) -> Any:
        return self.desk.execute(statement)[0]
