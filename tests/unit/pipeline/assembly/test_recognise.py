from __future__ import annotations

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage, MRImageStorage

from pipeline.assembly.recognise import recognise
from pipeline.domain.role import SeriesRole

CT = {
    "SOPClassUID": CTImageStorage,
    "Modality": "CT",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "BodyPartExamined": "HEAD",
    "SliceThickness": 5,
    "PixelSpacing": [0.45, 0.45],
    "Rows": 512,
    "Columns": 512,
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "ImagePositionPatient": [0, 0, 0],
    "ConvolutionKernel": "H30s",
}
MR = {
    "SOPClassUID": MRImageStorage,
    "Modality": "MR",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
    "BodyPartExamined": "BRAIN",
    "PixelSpacing": [1, 1],
    "Rows": 256,
    "Columns": 256,
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "ImagePositionPatient": [0, 0, 0],
}


def header(*bases: dict[str, object], **tags: object) -> pydicom.Dataset:
    made = pydicom.Dataset()
    for keyword, value in {key: value for base in (*bases, tags) for key, value in base.items()}.items():
        setattr(made, keyword, value)
    return made


@pytest.mark.parametrize(
    ("given_header", "role", "because"),
    [
        (header(CT), "ncct", "no contrast agent"),
        (header(CT, GantryDetectorTilt=18.5), "ncct", "gantry tilt 18.5 degrees"),
        (header(CT, BodyPartExamined=""), "ncct", "field of view 230 mm"),
        (header(CT, ContrastBolusAgent="NONE"), "ncct", "no contrast agent"),
        (header(CT, ContrastBolusAgent="APPLIED DEFAULT"), "ncct", "no contrast agent"),
        (header(CT, ContrastBolusAgent="OMNIPAQUE 350", SliceThickness=0.6), "cta", "ContrastBolusAgent"),
        (header(CT, ContrastBolusVolume=60, SliceThickness=0.6), "cta", "ContrastBolusVolume"),
        (header(CT, SeriesDescription="Brain without", ContrastBolusAgent="IOMERON"), "cta", "described as without"),
        (header(CT, SeriesDescription="CTA Willis", SliceThickness=5), "ncct", "no contrast agent"),
        (header(CT, SeriesDescription="CTA Willis", SliceThickness=0.75), "cta", "description alone"),
        (header(CT, SeriesDescription="fosse posterieure"), "ncct", "no contrast agent"),
        (header(CT, SeriesDescription="Crane sans injection", SliceThickness=0.6), "ncct", "no contrast agent"),
        (header(CT, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), "localiser", "ImageType LOCALIZER"),
        (header(CT, ImageType=["DERIVED", "SECONDARY", "MIP"]), "derived", "derived picture"),
        (header(CT, ImageOrientationPatient=[1, 0, 0, 0, 0, -1]), "derived", "another plane"),
        (header(CT, SamplesPerPixel=3), "derived", "colour"),
        (header(CT, ImageType=["DERIVED", "SECONDARY", "AXIAL", "CBF"]), "derived", "perfusion map"),
        (header(CT, ImageType=["ORIGINAL", "PRIMARY", "AXIAL", "DYNAMIC"]), "ctp", "DYNAMIC"),
        (header(CT, SeriesDescription="PERFUSION CEREBRALE"), "ctp", "description alone"),
        (header(CT, BodyPartExamined="CHEST"), "other", "CHEST"),
        (header(CT, BodyPartExamined="", PixelSpacing=[0.9, 0.9]), "other", "too wide"),
        (header(CT, SOPClassUID="1.2.840.10008.5.1.4.1.1.7"), "secondary_capture", "secondary capture"),
        (header(CT, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", SeriesDescription="Dose Report"), "dose_report", "dose"),
        (header(Modality="SEG", SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4"), "derived", "segmentation"),
        (header(Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.67"), "dose_report", "dose report"),
        (header(Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33"), "other", "structured report"),
        (header(MR, DiffusionBValue=1000.0), "dwi", "b-values 1000"),
        (header(MR, SequenceName="*ep_b1000t"), "dwi", "b-values 1000"),
        (header(MR, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"]), "dwi", "DIFFUSION"),
        (header(MR, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]), "adc", "ADC"),
        (header(MR, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "FA"]), "derived", "not ADC"),
        (header(MR, RepetitionTime=9000, EchoTime=120, InversionTime=2500), "flair", "TI 2500"),
        (header(MR, RepetitionTime=9000, EchoTime=120, InversionTime=2500, SeriesDescription="DWI"), "flair", "TI"),
        (header(MR, RepetitionTime=2000, EchoTime=20, InversionTime=800, SeriesDescription="T1 FLAIR"), "t1", "TI 800"),
        (header(MR, RepetitionTime=500, EchoTime=10), "t1", "TR 500"),
        (header(MR, RepetitionTime=4500, EchoTime=95, ScanningSequence="SE"), "t2", "T2-weighted"),
        (header(MR, RepetitionTime=2500, EchoTime=30, ScanningSequence="SE"), "other", "neither diffusion nor FLAIR"),
        (header(MR, RepetitionTime=700, EchoTime=20, ScanningSequence="GR"), "t2star", "gradient echo, long echo"),
        (header(MR, RepetitionTime=2200, EchoTime=30, ScanningSequence="EP"), "t2star", "gradient echo, long echo"),
        (header(MR, RepetitionTime=28, EchoTime=20, ScanningSequence="GR", MRAcquisitionType="3D"), "swi", "3D"),
        (header(MR, RepetitionTime=22, EchoTime=4, ScanningSequence="GR", MRAcquisitionType="3D"), "mra", "flight"),
        (header(MR, RepetitionTime=6, EchoTime=2, ScanningSequence="GR", MRAcquisitionType="3D"), "t1", "short echo"),
        (
            header(MR, RepetitionTime=2000, EchoTime=3, InversionTime=900, ScanningSequence=["GR", "IR"]),
            "t1",
            "inversion",
        ),
        (header(MR, AngioFlag="Y", RepetitionTime=500, EchoTime=10), "mra", "AngioFlag"),
        (header(MR, AcquisitionContrast="T2_STAR"), "t2star", "AcquisitionContrast"),
        (header(MR, ImageType=["DERIVED", "PRIMARY", "MINIP", "SWI"]), "swi", "ImageType SWI"),
        (header(MR, ImageType=["DERIVED", "PRIMARY", "PROJECTION IMAGE", "MIP"]), "derived", "derived picture"),
        (header(MR, ImageType=["ORIGINAL", "PRIMARY", "ASL"]), "pwi", "ASL"),
        (header(MR, SeriesDescription="3D TOF MRA"), "mra", "description alone"),
        (header(MR, SeriesDescription="AX DWI"), "dwi", "description alone"),
        (header(MR, BodyPartExamined="KNEE", DiffusionBValue=1000.0), "other", "KNEE"),
        (header(Modality="US"), "other", "US"),
        (header(), "other", "missing"),
    ],
)
def test_a_role_and_its_reason_come_from_the_tags(given_header: pydicom.Dataset, role: str, because: str) -> None:
    recognition = recognise([given_header])
    assert recognition.role == role
    assert because in recognition.reason


@pytest.mark.parametrize(
    ("maker", "tag", "vr", "value"),
    [
        ("GE MEDICAL SYSTEMS", (0x0043, 0x1039), "IS", [1000001000, 8, 0, 0]),
        ("SIEMENS", (0x0019, 0x100C), "IS", "1000"),
        ("SIEMENS", (0x0019, 0x100C), "UN", b"1000"),
        ("Philips Medical Systems", (0x2001, 0x1003), "FL", 1000.0),
        ("Philips", (0x2001, 0x1003), "UN", b"\x00\x00\x7a\x44"),
        ("UIH", (0x0065, 0x1009), "FD", 1000.0),
    ],
)
def test_a_manufacturers_own_b_value_makes_diffusion(maker: str, tag: tuple[int, int], vr: str, value: object) -> None:
    image = header(MR, Manufacturer=maker)
    image.add_new(tag, vr, value)
    recognition = recognise([image])
    assert recognition.role is SeriesRole.DWI
    assert "1000" in recognition.reason


def test_a_philips_image_with_a_bare_zero_b_value_is_not_diffusion() -> None:
    image = header(MR, Manufacturer="Philips", RepetitionTime=500, EchoTime=10)
    image.add_new((0x2001, 0x1003), "FL", 0.0)
    assert recognise([image]).role is SeriesRole.T1


def test_enhanced_multi_frame_diffusion_is_recognised_from_its_frames() -> None:
    frames = []
    for b_value in (0.0, 1000.0):
        diffusion = header(DiffusionBValue=b_value)
        frames.append(header(MRDiffusionSequence=Sequence([diffusion])))
    image = header(MR, SOPClassUID=EnhancedMRImageStorage, PerFrameFunctionalGroupsSequence=Sequence(frames))
    recognition = recognise([image])
    assert recognition.role is SeriesRole.DWI
    assert "0 and 1000" in recognition.reason


def test_the_field_of_a_mosaic_is_that_of_one_of_its_slices() -> None:
    image = header(MR, ImageType=["ORIGINAL", "PRIMARY", "DIFFUSION", "TRACEW", "MOSAIC"], Columns=1344, Rows=1344)
    image.BodyPartExamined = ""
    assert "too wide" in recognise([image]).reason
    image.add_new((0x0019, 0x100A), "US", 30)
    assert recognise([image]).role is SeriesRole.DWI


def test_the_words_of_enhanced_images_for_a_gradient_echo_are_understood() -> None:
    image = header(MR, EchoPulseSequence="GRADIENT", EchoPlanarPulseSequence="YES", RepetitionTime=500, EchoTime=30)
    assert recognise([image]).role is SeriesRole.T2_STAR


def test_many_images_at_one_place_are_a_dynamic_series() -> None:
    assert recognise([header(CT) for _ in range(6)]).role is SeriesRole.CTP
    assert recognise([header(MR, RepetitionTime=1500, EchoTime=30) for _ in range(40)]).role is SeriesRole.PWI
    injected = [header(MR, RepetitionTime=1500, EchoTime=30, ContrastBolusVolume=15) for _ in range(40)]
    assert recognise(injected).confidence > 0.9


def test_a_first_image_without_diffusion_weighting_is_diffusion_once_the_others_come() -> None:
    first = header(MR, DiffusionBValue=0.0, RepetitionTime=5000, EchoTime=90)
    assert recognise([first, header(MR, DiffusionBValue=1000.0)]).role is SeriesRole.DWI


def test_a_scout_among_the_slices_does_not_make_a_localiser_of_them() -> None:
    scouts = [
        header(CT, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], ImageOrientationPatient=orientation, KVP=120)
        for orientation in ([1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1])
    ]
    slices = [header(CT, ImagePositionPatient=[0, 0, 5 * k]) for k in range(30)]
    assert recognise([*scouts, *slices]).role is SeriesRole.NCCT
    assert recognise(scouts).role is SeriesRole.LOCALISER


@pytest.mark.parametrize(
    ("lying_header", "role"),
    [
        (header(CT, SeriesDescription="CTA WILLIS ARTERIEL", SliceThickness=5), "ncct"),
        (header(CT, SeriesDescription="CEREBRAL SANS IV", ContrastBolusVolume=60, SliceThickness=0.6), "cta"),
        (header(MR, SeriesDescription="AX T1 SE", DiffusionBValue=1000.0), "dwi"),
        (header(MR, SeriesDescription="AX DWI", RepetitionTime=9000, EchoTime=120, InversionTime=2500), "flair"),
        (header(MR, SeriesDescription="FLAIR", RepetitionTime=700, EchoTime=20, ScanningSequence="GR"), "t2star"),
    ],
)
def test_a_description_that_lies_is_outweighed_and_costs_a_little_confidence(
    lying_header: pydicom.Dataset, role: str
) -> None:
    lied_to = recognise([lying_header])
    silent = pydicom.Dataset(lying_header)
    del silent.SeriesDescription
    assert lied_to.role == role == recognise([silent]).role
    assert lied_to.confidence < recognise([silent]).confidence
    assert "outweighs" in lied_to.reasons[-1]


def test_a_description_that_agrees_is_one_more_reason() -> None:
    recognition = recognise([header(MR, SeriesDescription="AX DWI B1000", DiffusionBValue=1000.0)])
    assert recognition.reasons == (recognition.reason, "its description says so too")


def test_no_reason_repeats_the_words_of_a_description() -> None:
    made = recognise([header(CT, SeriesDescription="DUPONT Jean angio", ContrastBolusVolume=60)])
    assert not any("DUPONT" in reason.upper() for reason in made.reasons)


def test_three_planes_of_a_few_images_each_are_a_localiser() -> None:
    planes = ([1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1])
    images = [header(MR, ImageOrientationPatient=plane, DiffusionBValue=1000.0) for plane in planes]
    assert "three or more orientations" in recognise(images).reason


@given(
    st.dictionaries(
        st.sampled_from(["Modality", "BodyPartExamined", "SeriesDescription", "ContrastBolusAgent", "SequenceName"]),
        st.text(alphabet=st.characters(codec="ascii", exclude_characters="\\\0"), max_size=16),
    )
)
def test_no_text_in_a_header_breaks_recognition(texts: dict[str, str]) -> None:
    made = pydicom.Dataset()
    for keyword, value in texts.items():
        element = pydicom.DataElement(pydicom.datadict.tag_for_keyword(keyword), "LO", "")  # type: ignore[arg-type]
        element._value = value  # as a hostile sender could, past pydicom's checks
        made.add(element)
    assert recognise([made]).reason
