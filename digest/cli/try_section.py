"""``digest try section``: where stories stand, by labelled stories, by descriptions, or by both."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from digest.arrange import Ladder, Learner, SectionRule, learner_for
from digest.cli.try_lines import Lines, story_of, words_of
from digest.cli.trying import Put
from digest.errors import UsageError
from digest.model import Story
from digest.text.clean import clean

HELP = "find a section: {id, headline, text} lines, with --labelled or --sections"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the stage's options."""
    parser.add_argument("--labelled", metavar="FILE", help="past stories: {headline, text, section} lines")
    parser.add_argument("--sections", metavar="FILE", help="the sections: {id, title, description} lines")
    parser.add_argument(
        "--coverage", type=float, default=1.0, help="share of stories to place, the surest first; the rest abstains"
    )


def run(given: argparse.Namespace, text: str, put: Put) -> int:
    """Place every line; the input itself is the archive that descriptions are sharpened on."""
    if not given.labelled and not given.sections:
        raise UsageError("digest try section needs --labelled FILE, --sections FILE, or both.")
    if not 0 < given.coverage <= 1:
        raise UsageError(f"--coverage {given.coverage}: write a share above 0, 1 at most.")
    past = _past(given.labelled) if given.labelled else []
    rules = _rules(given.sections) if given.sections else [SectionRule(s, s) for s in sorted({s for _, s in past})]
    lines = Lines(text)
    read: list[tuple[Any, Story]] = []
    for record in lines:
        try:
            read.append((record.get("id"), _story(record)))
        except UsageError as error:
            lines.tell(error)
    try:
        learner: Learner = learner_for(rules, past, [story for _, story in read], coverage=given.coverage)
    except ValueError as error:
        raise UsageError(f"digest try section: {error}.") from error
    ladder = Ladder(rules, learner=learner)
    for story_id, story in read:
        found = ladder.place(story)
        section = None if found.method == "none" else found.section
        put(
            {
                "id": story_id,
                "section": section,
                "confidence": found.confidence,
                "method": found.method,
                "because": found.because,
            }
        )
    return lines.code()


def _story(record: dict[str, Any]) -> Story:
    headline = words_of(record, "headline")
    return story_of(record, str(record[""]), clean(words_of(record, "text"), headline=headline).text)


def _past(name: str) -> list[tuple[Story, str]]:
    """Read the labelled stories; the section is what they teach and not a field of theirs."""
    found = []
    for record in _file(name):
        section = words_of(record, "section", needed=True)
        found.append((_story({**record, "section": None}), section))
    return found


def _rules(name: str) -> list[SectionRule]:
    rules = []
    for record in _file(name):
        section = words_of(record, "id", needed=True)
        title = words_of(record, "title") or section
        rules.append(SectionRule(section, title, words_of(record, "description")))
    if len(rules) < 2:
        raise UsageError(f"{name} holds {len(rules)} of the sections; two at least are needed to tell stories apart.")
    if len({rule.id for rule in rules}) < len(rules):
        raise UsageError(f"{name} names a section twice.")
    return rules


def _file(name: str) -> list[dict[str, Any]]:
    """Read a file of JSON lines that must be right: raises UsageError at the first line that is not."""
    lines = Lines(Path(name).read_text("utf-8-sig", errors="replace"), name=f"{name}, line")
    found = list(lines)
    if lines.bad:
        raise UsageError(f"{name} has {lines.bad} lines that cannot be read.")
    return [record | {"": f"{record['']} of {name}"} for record in found]
