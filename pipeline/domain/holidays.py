"""Public holidays of France, overseas and in Alsace-Moselle too (Code du travail L3133-1, L3134-13, L3422-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

EVERYWHERE: Mapping[str, tuple[int, int]] = {
    "new_year": (1, 1),
    "labour_day": (5, 1),
    "victory_1945": (5, 8),
    "national_day": (7, 14),
    "assumption": (8, 15),
    "all_saints": (11, 1),
    "armistice_1918": (11, 11),
    "christmas": (12, 25),
}
AFTER_EASTER: Mapping[str, int] = {"easter_monday": 1, "ascension": 39, "whit_monday": 50}
ABOLITION: Mapping[str, tuple[int, int]] = {
    "guadeloupe": (5, 27),
    "guyane": (6, 10),
    "martinique": (5, 22),
    "mayotte": (4, 27),
    "reunion": (12, 20),
}
"""The day on which slavery ended, kept in each overseas department."""

ALSACE_MOSELLE = "alsace_moselle"
REGIONS = ("", ALSACE_MOSELLE, *ABOLITION)


def holidays(year: int, region: str = "") -> dict[date, str]:
    """The public holidays of a year by day, as codes that the desk translates; ``region`` is one of `REGIONS`."""
    sunday = easter(year)
    found = {date(year, *day): code for code, day in EVERYWHERE.items()}
    found |= {sunday + timedelta(days): code for code, days in AFTER_EASTER.items()}
    if region in ABOLITION:
        found[date(year, *ABOLITION[region])] = "abolition_of_slavery"
    if region == ALSACE_MOSELLE:
        found[sunday - timedelta(days=2)] = "good_friday"
        found[date(year, 12, 26)] = "saint_stephen"
    return dict(sorted(found.items()))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's rule)."""
    golden, (century, of_century) = year % 19, divmod(year, 100)
    leaps, century_rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - moon + 15) % 30
    quads, rest = divmod(of_century, 4)
    weekday = (32 + 2 * century_rest + 2 * quads - epact - rest) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
