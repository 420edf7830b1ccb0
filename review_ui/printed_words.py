"""What every printed page says, in its three languages; the Chinese words await a clinician's eye."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("fr", "en", "zh")

Words = Mapping[str, tuple[str, str, str]]

_EVERY_PAGE: Words = {
    "research": (
        "Logiciel de recherche – ne pas utiliser pour le diagnostic",
        "Research use only – not for diagnostic use",
        "仅供科研使用，不得用于临床诊断",
    ),
    "patient": ("Patient", "Patient", "患者"),
    "birth_date": ("Né(e) le", "Born", "出生日期"),
    "patient_id": ("Identifiant", "Number", "编号"),
    "sex": ("Sexe", "Sex", "性别"),
    "site": ("Hôpital", "Hospital", "医院"),
    "requester": ("Médecin requérant", "Requesting physician", "申请医师"),
    "question": ("Question", "Question", "问题"),
    "printed": ("Imprimé le", "Printed", "打印时间"),
}


def in_language(language: str, own: Words) -> dict[str, str]:
    """The words of every page and a page's own, in one language of `LANGUAGES`."""
    place = LANGUAGES.index(language)
    return {key: said[place] for key, said in (*_EVERY_PAGE.items(), *own.items())}
