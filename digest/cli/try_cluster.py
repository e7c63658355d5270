"""``digest try cluster``: which stories are copies of one text, which tell of one event, and which perhaps do."""

from __future__ import annotations

import argparse
from typing import Any

from digest import arrange
from digest.cli.try_lines import Lines, story_of, where, words_of
from digest.cli.trying import Put
from digest.errors import UsageError
from digest.model import Cluster, Story
from digest.text.clean import clean

HELP = "group: {id, headline, text, published_at} lines; stories that stand alone are not printed"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the stage's options: it has none."""


def run(given: argparse.Namespace, text: str, put: Put) -> int:
    """Group all lines; print copies first, then events (which hold their copies), then what is only possible."""
    lines = Lines(text)
    ids: dict[str, Any] = {}
    stories: list[Story] = []
    for record in lines:
        try:
            story = _story(record, ids)
        except UsageError as error:
            lines.tell(error)
            continue
        stories.append(story)
    found = arrange.group(stories)
    events = [each for each in found.clusters if each.kind == "event"]
    for each in (*found.copies, *events, *found.possible):
        put(_record(each, ids))
    return lines.code()


def _story(record: dict[str, Any], ids: dict[str, Any]) -> Story:
    """Make a story and remember its id as it was written; two stories of one id cannot be told apart."""
    if not isinstance(record.get("id"), str | int) or isinstance(record["id"], bool):
        raise UsageError(f"{where(record)}: 'id' must be a text or a number.")
    story_id = str(record["id"])
    if story_id in ids:
        raise UsageError(f"{where(record)}: this id was there before.")
    headline = words_of(record, "headline")
    story = story_of(record, story_id, clean(words_of(record, "text"), headline=headline).text)
    ids[story_id] = record["id"]
    return story


def _record(cluster: Cluster, ids: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": cluster.kind,
        "ids": [ids[story.id] for story in cluster.stories],
        "lead": ids[cluster.lead.id],
        "evidence": cluster.evidence,
    }
