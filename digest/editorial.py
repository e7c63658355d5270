"""An editor's acts: the choices they mean for a build, and the words they put on a built edition.

Pure. Acts are replayed in order on every rebuild, so that they outlive newer stories; one that finds nothing to act
on is told and kept.
"""

from __future__ import annotations

import dataclasses
import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from digest.gather import read_block
from digest.model import Block, BlockKind, Blurb, Decision, Edition, EditionKey, Item, Origin
from digest.store import Act, Correction

_WORDS_OF_ITEMS = ("headline", "blurb", "kicker")
_WORDS_OF_EDITION = ("subject", "preheader")


@dataclass(frozen=True, slots=True)
class Choices:
    """What editors decided about an edition's stories, by id: who leads, in which order, where, and who is out.

    ``order`` and ``pins`` are first to last; ``dropped`` says why; ``sections`` is where a story was moved;
    ``decisions`` are groupings made or undone by hand.
    """

    lead: str | None = None
    order: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()


def choices(acts: Sequence[Act]) -> Choices:
    """Replay the acts that choose stories; of two that contradict each other the later one stands."""
    lead: str | None = None
    order: tuple[str, ...] = ()
    pins: dict[str, None] = {}
    dropped: dict[str, str] = {}
    sections: dict[str, str] = {}
    decisions: list[Decision] = []
    for act in acts:
        story = str(act.body.get("story", ""))
        if act.act == "lead":
            lead = story or None
        elif act.act == "order":
            order = _stories(act)
        elif act.act == "pin":
            pins[story] = None
        elif act.act == "move":
            sections[story] = str(act.body.get("section", ""))
        elif act.act == "drop":
            dropped[story] = _reason(act)
        elif act.act in ("merge", "split"):
            decisions.append(decision_of(act))
        if act.act in ("lead", "pin", "restore"):
            dropped.pop(story, None)
        if act.act in ("drop", "restore"):
            pins.pop(story, None)
            lead = None if lead == story else lead
    moved = {story: section for story, section in sections.items() if section}
    return Choices(lead, order, tuple(pins), dropped, moved, tuple(decisions))


def edit_blocks(blocks: Sequence[Block], acts: Sequence[Act]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """Put in and leave out what editors said of an edition's own pieces; tells which acts found nothing to act on.

    An editor's introduction takes the place of every other; a block takes the place of the one of its name.
    """
    standing = {block.id: block for block in blocks}
    unapplied = []
    intro = ""
    for act in acts:
        name = str(act.body.get("name", ""))
        if act.act == "block":
            standing[name] = read_block(name, str(act.body.get("text", ""))).block
        elif act.act == "unblock" and standing.pop(name, None) is None:
            unapplied.append(f"The block {name} was to be left out and is not there.")
        elif act.act == "intro":
            intro = str(act.body.get("text", "")).strip()
    if not intro:
        return tuple(standing.values()), tuple(unapplied)
    own = read_block("editors-intro", f"---\nkind: intro\n---\n{intro}\n").block
    others = (block for block in standing.values() if block.kind is not BlockKind.INTRO)
    return (own, *others), tuple(unapplied)


def decision_of(act: Act) -> Decision:
    """Return a merge or split as the grouping stage reads it."""
    return Decision(act.act, _stories(act))


def apply(
    edition: Edition, acts: Sequence[Act], *, refresh: Callable[[Edition], Edition] | None = None
) -> tuple[Edition, tuple[str, ...]]:
    """Put the editors' words on an edition and tell which acts found nothing to act on.

    ``refresh`` writes subject and preheader anew from the edited items, before an editor's own replace them. The
    edition was built with ``choices(acts)``; that those took effect is checked here too.
    """
    wanted = _last_words(acts)
    edited = _map_items(edition, lambda item: _with_words(item, wanted))
    if refresh is not None and edited != edition:
        edited = refresh(edited)
    written = {act.act: _one_line(act) for act in acts if act.act in _WORDS_OF_EDITION}
    own = {name: text for name, text in written.items() if text}
    edited = dataclasses.replace(
        edited, subject=own.get("subject", edited.subject), preheader=own.get("preheader", edited.preheader)
    )
    return edited, (*_unapplied_words(edited, wanted), *_unapplied_choices(edited, choices(acts)))


def differences(before: Edition, after: Edition) -> tuple[str, ...]:
    """Return what a build changed, one line a change: subject, stories in and out, words, order."""
    lines = [
        f"{name}: “{getattr(before, name)}” became “{getattr(after, name)}”"
        for name in _WORDS_OF_EDITION
        if getattr(before, name) != getattr(after, name)
    ]
    old = {item.story_id: item for item in before.items()}
    new = {item.story_id: item for item in after.items()}
    reasons = {left.story_id: left.reason for left in after.left_out}
    lines += [f"+ “{item.headline}”" for story, item in new.items() if story not in old]
    gone = ((reasons.get(story, "not offered any more"), item) for story, item in old.items() if story not in new)
    lines += [f"- “{item.headline}”: {reason}" for reason, item in gone]
    lines += _word_differences([(old[story], item) for story, item in new.items() if story in old])
    lines += _block_differences(before, after)
    if [story for story in old if story in new] != [story for story in new if story in old]:
        lines.append("the order changed")
    return tuple(lines)


def _word_differences(pairs: Iterable[tuple[Item, Item]]) -> Iterator[str]:
    for old, new in pairs:
        if old.headline != new.headline:
            yield f"headline: “{old.headline}” became “{new.headline}”"
        elif old.blurb.text != new.blurb.text:
            yield f"blurb of “{new.headline}” changed"


def _block_differences(before: Edition, after: Edition) -> list[str]:
    old = {block.id: block for block in before.blocks}
    new = {block.id: block for block in after.blocks}
    lines = [f"+ block {name}" for name in new if name not in old]
    lines += [f"- block {name}" for name in old if name not in new]
    return lines + [f"block {name} changed" for name in new if name in old and new[name] != old[name]]


def note_block(name: str, title: str, words: str, *, correction: bool = True) -> Block:
    """Return a block of plain words for the top of an edition."""
    kind = BlockKind.CORRECTION if correction else BlockKind.NOTE
    return Block(name, kind, title=title, html=f"<p>{html.escape(words)}</p>", text=words, position="top")


def correction_block(correction: Correction) -> Block:
    """Return the block that says what was wrong in an earlier edition."""
    words = f"On “{correction.headline}” ({correction.edition.day:%d %B %Y}): {correction.text}"
    return note_block(f"correction-{correction.story_id[:8]}", "Correction", words)


def correction_edition(wrong: Edition, key: EditionKey, correction: Correction, now: datetime) -> Edition:
    """Return the edition that carries nothing but a correction, in the dress of the one it corrects."""
    return dataclasses.replace(
        wrong,
        key=key,
        subject=f"Correction: {correction.headline}",
        preheader=correction.text,
        since=now,
        until=now,
        lead=None,
        sections=(),
        briefs=(),
        blocks=(correction_block(correction),),
        left_out=(),
        minutes=1,
        notes=(),
    )


def _stories(act: Act) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(story) for story in act.body.get("stories", ())))


def _reason(act: Act) -> str:
    reason = str(act.body.get("reason", "")).strip()
    return f"dropped by {act.author or 'an editor'}" + (f": {reason}" if reason else "")


def _last_words(acts: Sequence[Act]) -> dict[tuple[str, str], Act]:
    """Return the act that stands for each kind of words and story; an empty text takes earlier ones back."""
    last: dict[tuple[str, str], Act] = {}
    for act in acts:
        if act.act in _WORDS_OF_ITEMS:
            name = (act.act, str(act.body.get("story", "")))
            last.pop(name, None)
            if _one_line(act):
                last[name] = act
    return last


def _one_line(act: Act) -> str:
    return " ".join(str(act.body.get("text", "")).split())


def _with_words(item: Item, wanted: Mapping[tuple[str, str], Act]) -> Item:
    headline, blurb, kicker = (wanted.get((name, item.story_id)) for name in _WORDS_OF_ITEMS)
    if headline is not None:
        item = dataclasses.replace(item, headline=_one_line(headline), short_headline="")
    if blurb is not None and not _is_brief(item):
        item = dataclasses.replace(item, blurb=Blurb(_one_line(blurb), Origin.EDITOR, method="editor"))
    if kicker is not None:
        item = dataclasses.replace(item, kicker=_one_line(kicker))
    return item


def _is_brief(item: Item) -> bool:
    return item.blurb.method == "brief"


def _map_items(edition: Edition, change: Callable[[Item], Item]) -> Edition:
    return dataclasses.replace(
        edition,
        lead=None if edition.lead is None else change(edition.lead),
        sections=tuple(
            dataclasses.replace(section, items=tuple(map(change, section.items))) for section in edition.sections
        ),
        briefs=tuple(map(change, edition.briefs)),
    )


def _unapplied_words(edition: Edition, wanted: Mapping[tuple[str, str], Act]) -> list[str]:
    printed = {item.story_id for item in edition.items()}
    briefs = {item.story_id for item in edition.briefs}
    told = []
    for (name, story), act in wanted.items():
        if story not in printed:
            told.append(f"The {name} “{_one_line(act)}” has no place: {_absent(edition, story)}.")
        elif name == "blurb" and story in briefs:
            told.append(f"The blurb “{_one_line(act)}” has no place: story {story} stands among the briefs.")
    return told


def _unapplied_choices(edition: Edition, chosen: Choices) -> list[str]:
    printed = {item.story_id for item in edition.items()}
    where = {item.story_id: section.id for section in edition.sections for item in section.items}
    told = []
    if chosen.lead is not None and (edition.lead is None or edition.lead.story_id != chosen.lead):
        told.append(f"Story {chosen.lead} does not lead: {_absent(edition, chosen.lead)}.")
    for story in dict.fromkeys((*chosen.order, *chosen.pins)):
        if story not in printed and story != chosen.lead and story not in chosen.dropped:
            told.append(f"Story {story} was put in order but has no place: {_absent(edition, story)}.")
    for story, section in chosen.sections.items():
        if where.get(story, section) != section or story not in printed:
            told.append(f"Story {story} was moved to {section} and is not there: {_absent(edition, story)}.")
    return told + _undropped(edition, chosen, printed)


def _undropped(edition: Edition, chosen: Choices, printed: Set[str]) -> list[str]:
    told = []
    known = printed | {left.story_id for left in edition.left_out}
    for story in chosen.dropped:
        if story in printed:
            told.append(f"Story {story} was dropped and is still printed.")
        elif story not in known:
            told.append(f"Story {story} was dropped, and is not offered to this edition any more.")
    return told


def _absent(edition: Edition, story: str) -> str:
    for left in edition.left_out:
        if left.story_id == story:
            return f"“{left.headline}” was left out ({left.reason})"
    if any(item.story_id == story for item in edition.items()):
        return "it is printed elsewhere"
    return "the story is not offered to this edition"
