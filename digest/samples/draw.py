"""Draws the pictures of the sample newsroom, each from a few flat shapes, always the same.

Run ``python -m digest.samples.draw`` after changing a scene; the files are part of the package, so that a
demo needs no drawing. Every scene but the lead's keeps its subject in the middle square, where a thumbnail is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from digest.samples import harbour_scenes, other_scenes
from digest.samples.canvas import Canvas

SCENES: Mapping[str, Callable[[], Canvas]] = {
    "bridge": harbour_scenes.bridge,
    "ferry": harbour_scenes.ferry,
    "trawlers": harbour_scenes.trawlers,
    "storm": harbour_scenes.storm,
    "kelp": harbour_scenes.kelp,
    "boat": harbour_scenes.boat,
    "viaduct": other_scenes.viaduct,
    "lens": other_scenes.lens,
    "rink": other_scenes.rink,
    "heating": other_scenes.heating,
    "stage": other_scenes.stage,
    "podcast": other_scenes.podcast,
}


def draw_all(folder: Path) -> list[Path]:
    """Draw every scene into an existing folder, replacing what is there; return the files, sorted by name."""
    written = []
    for name, scene in sorted(SCENES.items()):
        path = folder / f"{name}.png"
        scene().save(path)
        written.append(path)
    return written


if __name__ == "__main__":
    draw_all(Path(__file__).parent / "newsroom" / "images")
