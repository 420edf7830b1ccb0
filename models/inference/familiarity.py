"""How far a scan lies from what the model was taught: every figure outside its range, and the sentence it makes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

FLAGGED = 0.5
"""From this score on, a flag says why."""

SAID = 0.35
"""How far out a figure must be to be named in a flag."""

UNMEASURED = 1.0
"""How far out a scan counts whose brain is too small to measure."""

SENTENCES: Mapping[tuple[str, str], str] = {
    ("noise_hu", "low"): "hardly any image noise: an average, a drawing or a strongly smoothed image",
    ("noise_hu", "high"): "very much image noise",
    ("brain_hu", "low"): "what the skull encloses is less dense than brain",
    ("brain_hu", "high"): "what bone encloses is denser than brain: contrast medium, or another part of the body",
    ("contrast_hu", "low"): "grey and white matter cannot be told apart: a phantom, or a swollen brain",
    ("texture_hu", "low"): "the brain has no texture: a phantom or a drawing",
    ("skull_share", "low"): "there is no skull around the brain",
    ("head_cm2", "high"): "wider than a head: another part of the body",
    ("inside_share", "low"): "the skull encloses little of what is shown: another part of the body, or other units",
    ("brain_share", "low"): "little of what the skull encloses has the density of brain",
    ("fat_share", "high"): "more fat than a head has: another part of the body",
    ("enhanced_slices", "high"): "vessels are as bright as with contrast medium",
    ("metal_share", "high"): "much metal: streaks may hide or mimic blood",
    ("dwi_noise", "low"): "hardly any noise in the DWI: an average, a drawing or a strongly smoothed image",
    ("dwi_noise", "high"): "very much noise in the DWI",
    ("dwi_texture", "low"): "the brain has no texture on DWI: a phantom or a drawing",
    ("brain_cm2", "low"): "what is shown is smaller than a brain",
    ("brain_cm2", "high"): "what is shown is larger than a brain: another part of the body",
    ("brain_adc", "low"): "the brain diffuses less than living brain does",
    ("brain_adc", "high"): "most of what is shown diffuses more than brain",
    ("fluid_share", "high"): "much more fluid than a brain holds",
    ("fluid_share", "low"): "no fluid in or around the brain: a phantom, or another part of the body",
    ("fluid_brightness", "high"): "fluid is bright: this looks like b0 or T2, not diffusion-weighted",
    ("bright_share", "high"): "much of the image is far brighter than brain",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """``score`` from 0, as taught, to 1, unlike anything taught; and why, where it is far out."""

    score: float
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Familiar:
    """Ranges of figures in which a model was taught, with how far beyond counts as one step out.

    ``ranges`` by figure: ``least`` and ``below`` on the low side, ``most`` and ``above`` on the high
    one, either side optional; how they were chosen is in docs/decisions.
    ``needed`` are the figures every readable brain gives.
    """

    ranges: Mapping[str, Mapping[str, float]]
    needed: tuple[str, ...] = ()

    def judge(self, figures: Mapping[str, float]) -> Judgement:
        """Add up the steps out as a distance; the score is 1 - exp(-distance)."""
        out = [(*self._steps_out(name, value), name) for name, value in figures.items() if name in self.ranges]
        missing = any(name not in figures for name in self.needed)
        total = math.sqrt(sum(steps**2 for steps, _, _ in out) + (UNMEASURED**2 if missing else 0))
        score = 1 - math.exp(-total)
        if score < FLAGGED:
            return Judgement(score)
        worst_first = sorted(out, reverse=True)
        said = [SENTENCES[name, side] for steps, side, name in worst_first if steps >= SAID]
        reasons = (*(("too little brain in view to judge",) if missing else ()), *said)
        return Judgement(score, tuple(f"unlike what the model was taught: {reason}" for reason in reasons))

    def _steps_out(self, name: str, value: float) -> tuple[float, str]:
        known = self.ranges[name]
        if "least" in known and value < known["least"]:
            return (known["least"] - value) / known["below"], "low"
        if "most" in known and value > known["most"]:
            return (value - known["most"]) / known["above"], "high"
        return 0.0, ""
