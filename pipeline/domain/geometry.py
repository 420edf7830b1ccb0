"""Where voxels lie in the patient: affines whose two frames stand in the type's name.

Patient space is DICOM's (PS3.3 C.7.6.2.1.1): right-handed, x to the patient's Left, y to the
Posterior, z to the Head ("LPS"), in mm. Voxel space is ``(i, j, k)``: column, row, slice index,
where ``(0, 0, 0)`` is the centre of the first voxel. Arrays are indexed ``[k, j, i]``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]

_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
"""Patient letter of the positive and the negative direction of x, y, z (PS3.3 C.7.6.1.1.1)."""


@dataclass(frozen=True, slots=True, eq=False)
class PatientFromVoxel:
    """The affine that takes voxel ``(i, j, k)`` to patient LPS millimetres.

    ``matrix`` is 4 x 4, float64, last row ``0 0 0 1``.
    """

    matrix: Matrix

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise ValueError("an affine is a finite 4 x 4 matrix")
        if not np.allclose(matrix[3], (0, 0, 0, 1)):
            raise ValueError("an affine's last row is 0 0 0 1")
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-12:
            raise ValueError("an affine must be invertible")
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    @classmethod
    def from_columns(
        cls, i_step_mm: ArrayLike, j_step_mm: ArrayLike, k_step_mm: ArrayLike, origin_mm: ArrayLike
    ) -> PatientFromVoxel:
        """Build it from the patient-space step of each voxel axis and the first voxel's centre."""
        matrix = np.eye(4)
        for column, values in enumerate((i_step_mm, j_step_mm, k_step_mm, origin_mm)):
            matrix[:3, column] = values
        return cls(matrix)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Length of one step along i, j, k."""
        lengths = np.linalg.norm(self.matrix[:3, :3], axis=0)
        return (float(lengths[0]), float(lengths[1]), float(lengths[2]))

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel: the parallelepiped of the three steps (1 mL = 1000 mm3)."""
        return float(abs(np.linalg.det(self.matrix[:3, :3]))) / 1000.0

    def patient_mm(self, voxels_ijk: ArrayLike) -> Matrix:
        """Patient LPS mm of voxel points; shape (..., 3) in and out."""
        points = np.asarray(voxels_ijk, dtype=np.float64)
        moved: Matrix = points @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return moved

    def voxel_ijk(self, points_mm: ArrayLike) -> Matrix:
        """Voxel (i, j, k) of patient LPS points; shape (..., 3) in and out."""
        inverse = np.linalg.inv(self.matrix)
        points = np.asarray(points_mm, dtype=np.float64)
        moved: Matrix = points @ inverse[:3, :3].T + inverse[:3, 3]
        return moved


def orientation_letters(direction: ArrayLike) -> str:
    """Name a patient direction by its one to three letters, largest component first.

    Components under a thousandth are left out; a right-handed LPS direction (1, 0, 0) is "L".
    """
    vector = np.asarray(direction, dtype=np.float64)
    order = np.argsort(-np.abs(vector))
    names = [_LETTERS[axis][0 if vector[axis] > 0 else 1] for axis in order if abs(vector[axis]) > 1e-3]
    return "".join(names)
