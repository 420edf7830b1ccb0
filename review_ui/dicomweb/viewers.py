"""Links that open one study in another viewer: OHIF where an administrator named one, Weasis where it is used."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class OtherViewers:
    """Which viewers are offered; ``ohif`` is the address of one, empty for none."""

    ohif: str = ""
    weasis: bool = False

    @property
    def names(self) -> list[str]:
        """What may be asked for."""
        return [name for name, there in (("ohif", bool(self.ohif)), ("weasis", self.weasis)) if there]

    def link(self, name: str, study_uid: str, token: str, service: str) -> str:
        """The address that opens a study; ``service`` is where Weasis finds DICOMweb, which OHIF is told beforehand."""
        if name == "ohif":
            asked = urlencode({"StudyInstanceUIDs": study_uid, "token": token})
            return f"{self.ohif.rstrip('/')}/viewer?{asked}"
        command = (
            f'$dicom:rs --url "{service}" -r "studyUID={study_uid}" --query-ext "&includedefaults=false" '
            f'-H "Authorization: Bearer {token}"'
        )
        return f"weasis://{quote(command, safe='')}"
