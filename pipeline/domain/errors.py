"""Every error NeuroVigie raises on purpose, as one tree.

NeuroVigieError
├── ConfigurationError            a setting is missing, wrong or unsafe
│   ├── HomeInUse
│   ├── PortTaken
│   └── DiskNearlyFull
├── BadInput                      what was given cannot be used, and why
│   ├── NotDicom
│   ├── UnreadableInstance
│   ├── NoDicomFound
│   └── UnreadableImage           a NIfTI or other image file
├── NotAnalysable                 a series this pipeline or bundle declares it cannot analyse
│   ├── NotAVolume
│   ├── TooLarge
│   └── OutsideDeclaredInputs
├── PeerUnreachable               another DICOM system cannot be reached, or refuses us, and why
├── VaultError                    bytes could not be made durable
│   └── VaultFull
├── BundleError                   a model bundle is missing, broken or not what its hash says
├── InferenceFailed               the model's process failed
│   ├── InferenceTimedOut
│   └── InferenceCrashed
├── Fenced                        this attempt was overtaken by another one
└── DatabaseUnavailable           PostgreSQL does not answer

A class's docstring is its default message.
"""

from __future__ import annotations

from pipeline.domain.because import Because


class NeuroVigieError(Exception):
    """Something NeuroVigie expected could not be done."""

    because = Because.OTHER
    """The kind of reason, where this is why a series has no answer; an instance may know better than its class."""

    def __init__(self, message: str | None = None, because: Because | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        if because is not None:
            self.because = because


class ConfigurationError(NeuroVigieError):
    """A setting is missing, wrong or unsafe."""


class HomeInUse(ConfigurationError):
    """Another NeuroVigie is running on this home folder; stop it or choose another --home."""


class PortTaken(ConfigurationError):
    """A port is already in use by another program; choose another one."""


class DiskNearlyFull(ConfigurationError):
    """The disk is nearly full; free some space or choose another --home."""


class BadInput(NeuroVigieError):
    """What was given cannot be used."""

    because = Because.UNREADABLE


class NotDicom(BadInput):
    """This is not a DICOM file."""


class UnreadableInstance(BadInput):
    """The data set cannot be read."""


class NoDicomFound(BadInput):
    """There is no DICOM file here."""


class UnreadableImage(BadInput):
    """The image file cannot be read."""


class NotAnalysable(NeuroVigieError):
    """This series cannot be analysed."""


class NotAVolume(NotAnalysable):
    """The images do not form one volume."""

    because = Because.NOT_A_VOLUME


class TooLarge(NotAnalysable):
    """The images are larger than this service decodes."""

    because = Because.TOO_LARGE


class OutsideDeclaredInputs(NotAnalysable):
    """The series is outside what the model declares it can read."""

    because = Because.OUTSIDE_INPUTS


class PeerUnreachable(NeuroVigieError):
    """The other DICOM system cannot be reached."""


class VaultError(NeuroVigieError):
    """The image could not be made durable."""


class VaultFull(VaultError):
    """The disk is above its watermark, so no image is accepted."""


class BundleError(NeuroVigieError):
    """The model bundle is missing, broken or not what its hash says."""

    because = Because.MODEL_UNAVAILABLE


class InferenceFailed(NeuroVigieError):
    """The model's process failed."""

    because = Because.MODEL_FAILED


class InferenceTimedOut(InferenceFailed):
    """The model did not answer before its time limit and was stopped."""

    because = Because.TIMED_OUT


class InferenceCrashed(InferenceFailed):
    """The model's process died."""

    because = Because.CRASHED


class Fenced(NeuroVigieError):
    """A newer attempt has taken this analysis over; nothing was written."""


class DatabaseUnavailable(NeuroVigieError):
    """PostgreSQL does not answer."""
