"""The same stories give the same edition, whatever order they come in and however often it is built."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys

from tests.acceptance.workspace import TEXTS, Workspace

STORIES = [
    {"id": number, "headline": headline, "text": text, "published_at": f"2026-01-05T0{number}:00:00+00:00"}
    for number, (headline, text) in enumerate([*TEXTS.items(), ("Bridge shut", TEXTS["Harbour bridge"])])
]


def clusters(stories: list[dict[str, object]]) -> set[tuple[str, tuple[int, ...]]]:
    """Group stories in a process of its own and return the groups."""
    lines = "".join(json.dumps(story) + "\n" for story in stories)
    ran = subprocess.run(
        [sys.executable, "-m", "digest", "try", "cluster"], input=lines.encode(), capture_output=True, check=True
    )
    return {(found["kind"], tuple(sorted(found["ids"]))) for found in map(json.loads, ran.stdout.splitlines())}


def test_stories_in_another_order_make_the_same_clusters() -> None:
    mixed = STORIES.copy()
    random.Random(3).shuffle(mixed)

    assert clusters(STORIES) == clusters(mixed) != set()


def test_an_edition_built_twice_is_the_same(staffed: Workspace) -> None:
    staffed.run("gather")
    moment = staffed.now

    built = []
    for _ in range(2):
        staffed.now = moment
        # The window ends at the moment of the build, and the hash is of that as well.
        out = staffed.run("build", "morning", "--json").out
        built.append(re.sub(r'11:30:\d\d\.\d+|"content_hash": "\w+"', "", out))

    assert built[0] == built[1]
