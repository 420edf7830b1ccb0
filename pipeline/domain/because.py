"""Why a series has no answer of a model: stable codes, which the desk translates and `/metrics` counts."""

from __future__ import annotations

from enum import StrEnum


class Because(StrEnum):
    """The kind of reason; the sentence beside it says the rest in English."""

    NO_MODEL = "no_model"
    """No installed bundle reads what this series is."""
    READ_TOGETHER = "read_together"
    """It is read beside another series, as an ADC map is."""
    BETTER_SERIES = "better_series"
    """A better series of the same acquisition was read in its place."""
    COMPANION_MISSING = "companion_missing"
    """The bundle needs another series that has not come."""
    NOT_A_VOLUME = "not_a_volume"
    TOO_LARGE = "too_large"
    OUTSIDE_INPUTS = "outside_inputs"
    """Outside what the bundle declares that it reads."""
    UNLIKE_TRAINING = "unlike_training"
    """A declared rule takes an answer on such images for none."""
    UNREADABLE = "unreadable"
    """Its images cannot be read."""
    MODEL_UNAVAILABLE = "model_unavailable"
    """The bundle is missing, broken or not what its hash says."""
    MODEL_FAILED = "model_failed"
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    LOST = "lost"
    """Its worker was lost more often than is tried."""
    SUPERSEDED = "superseded"
    """A newer analysis of the same series took its place before it began."""
    OTHER = "other"
