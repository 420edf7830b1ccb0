"""The codes our objects carry, pinned one by one and never looked up by name.

Sources: PS3.16 (DCM, and SCT in its context groups), SNOMED CT for disorders, UCUM for units. What has
no verified code is in a scheme of our own, documented in every object that uses it.
"""

from __future__ import annotations

from typing import Final

from pydicom.sr.coding import Code

from pipeline.domain.finding import Finding, FindingKind, HaemorrhageSite, Region, Side

LOCAL_SCHEME: Final = "99NEUROVIGIE"
LOCAL_SCHEME_NAME: Final = "NeuroVigie local codes"

MORPHOLOGICALLY_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
ARTIFICIAL_INTELLIGENCE = Code("123110", "DCM", "Artificial Intelligence")
BACKGROUND = Code("125040", "DCM", "Background")
SOURCE_IMAGE = Code("121322", "DCM", "Source image for image processing operation")
SEGMENTATION = Code("113076", "DCM", "Segmentation")

VOLUME = Code("118565006", "SCT", "Volume")
DIAMETER = Code("81827009", "SCT", "Diameter")
PROBABILITY = Code("122157", "DCM", "Probability")
MILLILITRE = Code("mL", "UCUM", "milliliter")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
AREA = Code("42798000", "SCT", "Area")
SQUARE_MILLIMETRE = Code("mm2", "UCUM", "square millimeter")
PERCENT = Code("%", "UCUM", "percent")

REPORT = Code("126000", "DCM", "Imaging Measurement Report")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
ENGLISH = Code("en", "RFC5646", "English")
OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
DEVICE = Code("121007", "DCM", "Device")
DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
DEVICE_NAME = Code("121013", "DCM", "Device Observer Name")
DEVICE_MANUFACTURER = Code("121014", "DCM", "Device Observer Manufacturer")
DEVICE_MODEL = Code("121015", "DCM", "Device Observer Model Name")
DEVICE_SERIAL_NUMBER = Code("121016", "DCM", "Device Observer Serial Number")
PROCEDURE_REPORTED = Code("121058", "DCM", "Procedure reported")
IMAGE_LIBRARY = Code("111028", "DCM", "Image Library")
IMAGE_LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
MODALITY_NAME = Code("121139", "DCM", "Modality")
TARGET_REGION = Code("123014", "DCM", "Target Region")
SOURCE = Code("260753009", "SCT", "Source")
IMAGING_MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
DERIVED_MEASUREMENTS = Code("126011", "DCM", "Derived Imaging Measurements")
QUALITATIVE_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
MEASUREMENT_GROUP = Code("125007", "DCM", "Measurement Group")
TRACKING_IDENTIFIER = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
FINDING_CATEGORY = Code("276214006", "SCT", "Finding category")
FINDING = Code("121071", "DCM", "Finding")
FINDING_SITE = Code("363698007", "SCT", "Finding Site")
LATERALITY_NAME = Code("272741003", "SCT", "Laterality")
REFERENCED_SEGMENT = Code("121191", "DCM", "Referenced Segment")
SOURCE_FOR_SEGMENTATION = Code("121233", "DCM", "Source Image for Segmentation")
ALGORITHM_NAME = Code("111001", "DCM", "Algorithm Name")
ALGORITHM_VERSION = Code("111003", "DCM", "Algorithm Version")
ALGORITHM_PARAMETERS = Code("111002", "DCM", "Algorithm Parameters")
ALGORITHM_FAMILY = Code("111000", "DCM", "Algorithm Family")
ALGORITHM_MANUFACTURER = Code("122405", "DCM", "Algorithm Manufacturer")
MEASUREMENT_METHOD = Code("370129005", "SCT", "Measurement Method")

IMAGING = Code("363679005", "SCT", "Imaging procedure")
PROCEDURE: Final = {
    "CT": Code("77477000", "SCT", "Computed tomography"),
    "MR": Code("113091000", "SCT", "Magnetic resonance imaging"),
}
MODALITY: Final = {
    "CT": Code("CT", "DCM", "Computed Tomography"),
    "MR": Code("MR", "DCM", "Magnetic Resonance"),
}
HEAD = Code("69536005", "SCT", "Head")
BRAIN = Code("12738006", "SCT", "Brain")
INTRACRANIAL = Code("1101003", "SCT", "Intracranial")
SUBARACHNOID_SPACE = Code("35951006", "SCT", "Subarachnoid space")

STATUS = Code("STATUS", LOCAL_SCHEME, "Standing of this result")
UNCONFIRMED = Code("UNCONFIRMED", LOCAL_SCHEME, "AI suspicion, to be confirmed by a person; research use only")
EXTENT = Code("EXTENT", LOCAL_SCHEME, "Images this result was computed on")
WHOLE = Code("WHOLE", LOCAL_SCHEME, "All images expected")
PROVISIONAL = Code("PROVISIONAL", LOCAL_SCHEME, "Provisional: on a part of the images")
RESERVATION = Code("RESERVATION", LOCAL_SCHEME, "Standing of the input")
WITH_RESERVATIONS = Code("RESERVED", LOCAL_SCHEME, "Analysed with reservations, see algorithm parameters")
SCAN = Code("SCAN", LOCAL_SCHEME, "Suspected lesion anywhere in the series")
ABC2 = Code("ABC2", LOCAL_SCHEME, "Half the product of three diameters (Kothari 1996)")
MIDLINE_SHIFT = Code("MIDLINE_SHIFT", LOCAL_SCHEME, "Midline shift")
SHIFTED_TO = Code("SHIFTED_TO", LOCAL_SCHEME, "Side the midline is shifted to")
REGION = Code("REGION", LOCAL_SCHEME, "Region, by place in the skull alone")
EPIDURAL = Code("EDH", LOCAL_SCHEME, "Epidural hemorrhage")

PROPERTY_TYPE: Final = {
    FindingKind.HAEMORRHAGE: Code("50960005", "SCT", "Hemorrhage"),
    FindingKind.INFARCT: Code("55641003", "SCT", "Infarct"),
    FindingKind.EARLY_ISCHAEMIA: Code("52674009", "SCT", "Ischemia"),
}
"""What a segment is (CID 7159 and its extensions)."""

_FINDING_OF_KIND: Final = {
    FindingKind.HAEMORRHAGE: Code("1386000", "SCT", "Intracranial hemorrhage"),
    FindingKind.INFARCT: Code("432504007", "SCT", "Cerebral infarction"),
    FindingKind.EARLY_ISCHAEMIA: Code("52674009", "SCT", "Ischemia"),
}
_FINDING_OF_SITE: Final = {
    HaemorrhageSite.INTRAPARENCHYMAL: Code("274100004", "SCT", "Cerebral hemorrhage"),
    HaemorrhageSite.INTRAVENTRICULAR: Code("23276006", "SCT", "Intraventricular hemorrhage"),
    HaemorrhageSite.SUBARACHNOID: Code("21454007", "SCT", "Subarachnoid hemorrhage"),
    HaemorrhageSite.SUBDURAL: Code("35486000", "SCT", "Subdural hemorrhage"),
    HaemorrhageSite.EPIDURAL: EPIDURAL,
}
_PLACE_OF_SITE: Final = {
    HaemorrhageSite.INTRAPARENCHYMAL: BRAIN,
    HaemorrhageSite.INTRAVENTRICULAR: BRAIN,
    HaemorrhageSite.SUBARACHNOID: SUBARACHNOID_SPACE,
}
LATERALITY: Final = {
    Side.LEFT: Code("7771000", "SCT", "Left"),
    Side.RIGHT: Code("24028007", "SCT", "Right"),
    Side.BILATERAL: Code("51440002", "SCT", "Bilateral"),
    Side.MIDLINE: Code("130290", "DCM", "Median"),
}
"""CID 245; a side that is not known is left out."""

REGION_OF: Final = {
    Region.POSTERIOR_FOSSA: Code("POSTERIOR_FOSSA", LOCAL_SCHEME, "Posterior fossa"),
    Region.DEEP: Code("DEEP", LOCAL_SCHEME, "Deep"),
    Region.FRONTAL: Code("FRONTAL", LOCAL_SCHEME, "Frontal"),
    Region.PARIETAL: Code("PARIETAL", LOCAL_SCHEME, "Parietal"),
    Region.TEMPORAL: Code("TEMPORAL", LOCAL_SCHEME, "Temporal"),
    Region.OCCIPITAL: Code("OCCIPITAL", LOCAL_SCHEME, "Occipital"),
}
"""Local codes, because no atlas was fitted: none of these says that a lobe was found."""

IN_WORDS: Final = {
    FindingKind.HAEMORRHAGE: "haemorrhage",
    FindingKind.INFARCT: "infarct",
    FindingKind.EARLY_ISCHAEMIA: "early ischaemia",
}

DISPLAY_COLOUR: Final = {
    FindingKind.HAEMORRHAGE: (52232, 26081, 24821),
    FindingKind.INFARCT: (47739, 47140, 26420),
    FindingKind.EARLY_ISCHAEMIA: (60821, 21173, 48897),
}
"""CIELab as PS3.3 C.10.7.1.1 scales it: cyan, pink and green, none of which tissue or blood has."""


def finding_code(finding: Finding) -> Code:
    """What was found: the site of the blood where the model says so, else the kind."""
    return _FINDING_OF_KIND[finding.kind] if finding.site is None else _FINDING_OF_SITE[finding.site]


def place_code(finding: Finding) -> Code:
    """Where it was found."""
    if finding.kind is not FindingKind.HAEMORRHAGE:
        return BRAIN
    return INTRACRANIAL if finding.site is None else _PLACE_OF_SITE.get(finding.site, INTRACRANIAL)
