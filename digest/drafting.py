"""Makes an edition's draft out of the stored stories: select, cluster, place, rank, summarise, assemble.

The order of the phases stands in ``draft``; everything below it is one phase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import arrange, corrections, editorial, store, summarise
from digest.edition import Words, assemble, finish, merged_away, section_rules
from digest.errors import DigestError, UsageError
from digest.gather import next_window, read_blocks
from digest.model import (
    Block,
    Blurb,
    Cluster,
    Edition,
    EditionKey,
    LeftOut,
    Picture,
    Placed,
    Rights,
    Status,
    Story,
    Window,
)
from digest.newsroom import Newsroom
from digest.pictures import picture_of, with_picture
from digest.protocols import Summarizer
from digest.settings import NewsletterSettings
from digest.store import Act, StoredEdition
from digest.summarise.endpoint import EndpointSummarizer, open_endpoint

MOST_PAST = 2000
"""Past stories that sections are learned from; more teach little and cost a second."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A saved draft, how many stories the window offered, and what the editor should know.

    ``possible`` are groups of printed stories that may tell of one event: an editor merges them or does not.
    """

    stored: StoredEdition
    offered: int
    warnings: tuple[str, ...] = ()
    unapplied: tuple[str, ...] = ()
    possible: tuple[Cluster, ...] = ()

    @property
    def edition(self) -> Edition:
        """Return the edition as drafted."""
        return self.stored.edition


def draft(newsroom: Newsroom, key: EditionKey, *, since: datetime | None = None, over_approved: bool = True) -> Draft:
    """Build or refresh the draft of an edition from what is stored now, with the editor's acts applied again.

    Raises UsageError when the edition is already on its way, Rebuilt when it was approved meanwhile and must not be
    written over (``over_approved`` false: the schedule's own builds).
    """
    if key.slot.startswith("correction-"):
        return _draft_correction(newsroom, key)
    now = newsroom.clock()
    newsletter = newsroom.newsletter_of(key)
    warnings: list[str] = []
    with newsroom.reading() as conn:
        window = _window(conn, newsletter, key, now, since)
        offered = _offered(conn, newsletter, window)
        acts = store.acts(conn, key)
        printed = store.printed(
            conn, key.newsletter, now - newsletter.max_age * 2, exclude=key, apart=newsletter.slots_apart(key.slot)
        )
        number = store.next_number(conn, key.newsletter)
        decided = [editorial.decision_of(act) for act in store.groupings(conn)]
    choices = editorial.choices(acts)
    usable, withheld = select(offered, newsletter, now)
    grouped = arrange.group(usable, decisions=decided)
    memory = arrange.remember(printed)
    fresh, repeated, updates = _without_repeats(grouped.clusters, memory)
    placed, weak = _strong(_place(fresh, memory, newsroom, newsletter, now, choices), newsletter, choices)
    chosen = arrange.choose(
        placed,
        rules=section_rules(newsletter.sections),
        briefs=newsletter.briefs,
        pins=(*choices.pins, *choices.order),
        lead=choices.lead,
        dropped=choices.dropped,
        max_items=newsletter.top,
        quotas=arrange.Quotas(newsletter.max_per_source, newsletter.max_per_author),
    )
    blocks, without = _blocks(newsroom, newsletter, key, acts, warnings.append)
    summarizer = _summarizer(newsroom, newsletter, warnings.append)
    edition = assemble(
        key=key,
        site=newsroom.settings.site,
        newsletter=newsletter,
        window=window,
        chosen=chosen,
        words=_words(newsroom, newsletter, updates, summarizer, warnings.append),
        blocks=(*_corrections(newsroom, key, window), *blocks),
        left_out=(*merged_away(chosen), *withheld, *repeated, *weak),
        number=number,
        notes=warnings,
    )
    edited, unapplied = editorial.apply(edition, acts, refresh=lambda e: finish(e, newsletter))
    with newsroom.writing() as conn:
        store.save_draft(conn, edited, now=now, over_approved=over_approved)
        stored = store.load(conn, key)
        store.log(conn, now, "build", f"{len(edited.items())} of {len(offered)} stories", key.newsletter, str(key))
        if isinstance(summarizer, EndpointSummarizer):
            store.log(conn, now, "endpoint", summarizer.summary(), key.newsletter, str(key))
    if stored is None:
        raise DigestError(f"The draft of {key} vanished while it was saved; run the command again.")
    return Draft(
        stored, len(offered), tuple(warnings), (*without, *unapplied), _still_possible(grouped.possible, stored.edition)
    )


def _draft_correction(newsroom: Newsroom, key: EditionKey) -> Draft:
    now = newsroom.clock()
    with newsroom.writing() as conn:
        correction = store.find_correction(conn, key)
        if correction is None:
            raise UsageError(f"{key} would carry a correction, and there is none; see `digest correct`.")
        wrong = store.get_edition(conn, correction.edition)
        made = editorial.correction_edition(wrong.edition, key, correction, now)
        edited, unapplied = editorial.apply(made, store.acts(conn, key))
        store.save_draft(conn, edited, now=now)
        store.log(conn, now, "build", f"corrects {correction.edition}", key.newsletter, str(key))
        return Draft(store.get_edition(conn, key), 0, (), unapplied)


def _corrections(newsroom: Newsroom, key: EditionKey, window: Window) -> tuple[Block, ...]:
    """Return what earlier editions got wrong, as told since the last one: the next one says so."""
    with newsroom.reading() as conn:
        told = corrections.standing(conn, store.corrections_since(conn, key.newsletter, window.since))
        read = [each for each in told if each.edition != key and _was_read(conn, each.edition)]
    return tuple(map(editorial.correction_block, read))


def _was_read(conn: store.Connection, key: EditionKey) -> bool:
    stored = store.load(conn, key)
    return stored is not None and stored.accepted_count != 0


def _strong(
    placed: list[Placed], newsletter: NewsletterSettings, choices: editorial.Choices
) -> tuple[list[Placed], tuple[LeftOut, ...]]:
    """Part what scores enough, or an editor asked for, from what does not."""
    wanted = {choices.lead, *choices.pins, *choices.order}
    weak = [p for p in placed if p.score < newsletter.minimum_score and p.cluster.lead.id not in wanted]
    reason = f"of a score under {newsletter.minimum_score:g}"
    left = tuple(LeftOut(p.cluster.lead.id, p.cluster.lead.headline, f"{reason}: {p.score:.2f}") for p in weak)
    return [p for p in placed if p not in weak], left


def _still_possible(possible: Sequence[Cluster], edition: Edition) -> tuple[Cluster, ...]:
    """Return the groups of which the edition prints two stories or more: only those are worth a look."""
    printed = {item.story_id for item in edition.items()}
    return tuple(each for each in possible if sum(story.id in printed for story in each.stories) > 1)


def select(
    stories: Sequence[Story], newsletter: NewsletterSettings, now: datetime
) -> tuple[list[Story], tuple[LeftOut, ...]]:
    """Part the stories that may run from those that may not, with the reason for each."""
    usable: list[Story] = []
    withheld: list[LeftOut] = []
    for story in stories:
        reason = withheld_because(story, newsletter, now)
        if reason:
            withheld.append(LeftOut(story.id, story.headline, reason))
        else:
            usable.append(story)
    return usable, tuple(withheld)


def withheld_because(story: Story, newsletter: NewsletterSettings, now: datetime) -> str:
    """Say why a story may not run in this newsletter at this moment, or return an empty string."""
    if story.status is Status.KILLED:
        return "killed: it must not run"
    if story.status is Status.HOLD:
        return "on hold"
    if story.embargo_until is not None and story.embargo_until > now:
        return f"embargoed until {story.embargo_until:%Y-%m-%d %H:%M} UTC"
    if story.published is not None and story.published < now - newsletter.max_age:
        return f"published on {story.published:%Y-%m-%d}, older than {_span(newsletter)}"
    named = (*story.tags, story.department, story.section, story.source, story.outlet, story.kind)
    words = {word.casefold() for word in named if word}
    if newsletter.include and not words & {w.casefold() for w in newsletter.include}:
        return "not among what this newsletter includes"
    excluded = words & {w.casefold() for w in newsletter.exclude}
    if excluded:
        return f"excluded by this newsletter: {sorted(excluded)[0]}"
    return ""


def _window(
    conn: store.Connection, newsletter: NewsletterSettings, key: EditionKey, now: datetime, since: datetime | None
) -> Window:
    if since is not None:
        return Window(since, now)
    return next_window(store.last_cutoff(conn, newsletter.id, key.slot), now, newsletter.max_age)


def _offered(conn: store.Connection, newsletter: NewsletterSettings, window: Window) -> list[Story]:
    sources = newsletter.sources or None
    fresh = list(store.iter_stories(conn, since=window.since, until=window.until, sources=sources))
    known = {story.id for story in fresh}
    late = [*store.held_over(conn, newsletter.id, window.since, window.until)]
    late += store.changed(conn, newsletter.id, window.since, window.until)
    return fresh + [s for s in late if s.id not in known and (sources is None or s.source in sources)]


def _without_repeats(
    clusters: Sequence[Cluster], memory: arrange.Memory
) -> tuple[list[Cluster], tuple[LeftOut, ...], Mapping[str, arrange.Recall]]:
    """Part what may run from what ran before; also return what comes back as an update, by the lead's id."""
    fresh: list[Cluster] = []
    repeated: list[LeftOut] = []
    updates: dict[str, arrange.Recall] = {}
    for cluster in clusters:
        recalled = arrange.recall(cluster, memory)
        if recalled is not None and not recalled.is_update:
            repeated.extend(LeftOut(s.id, s.headline, recalled.because) for s in cluster.stories)
            continue
        fresh.append(cluster)
        if recalled is not None:
            updates[cluster.lead.id] = recalled
    return fresh, tuple(repeated), updates


def _place(
    clusters: Sequence[Cluster],
    memory: arrange.Memory,
    newsroom: Newsroom,
    newsletter: NewsletterSettings,
    now: datetime,
    choices: editorial.Choices,
) -> list[Placed]:
    sources = newsroom.settings.sources
    rules = section_rules(newsletter.sections)
    plain = arrange.Ladder(
        rules,
        tag_map={tag: section for s in sources for tag, section in s.sections.items()},
        source_defaults={s.name: s.section for s in sources if s.section},
        pins=choices.sections,
    )
    ladder = plain.with_learner(arrange.PastLearner(rules, plain, lambda: _past(newsroom, now)))
    own = frozenset(s.name for s in sources if s.rights is Rights.OWN)
    placed = []
    for cluster in clusters:
        seen = arrange.seen_similarity(cluster, memory)
        score, reasons = arrange.score(cluster, now=now, order=newsletter.order, own=own, seen_similarity=seen)
        placed.append(Placed(cluster, ladder.place(cluster.lead), score, reasons))
    return placed


def _past(newsroom: Newsroom, now: datetime) -> list[Story]:
    with newsroom.reading() as conn:
        return store.latest(conn, now, MOST_PAST)


def _words(
    newsroom: Newsroom,
    newsletter: NewsletterSettings,
    updates: Mapping[str, arrange.Recall],
    summarizer: Summarizer,
    warn: Callable[[str], None],
) -> Words:
    def blurb(placed: Placed) -> Blurb:
        update = updates.get(placed.cluster.lead.id)
        return summarise.blurb(
            placed.cluster,
            summarizer=summarizer,
            policy=newsletter.blurb,
            max_sentences=newsletter.blurb_sentences,
            max_words=newsletter.blurb_words,
            pooled=newsletter.blurb_pooled,
            only=update.new if update is not None else (),
        )

    def picture(story: Story, lead: bool) -> Picture | None:
        return picture_of(newsroom, story, lead=lead, warn=warn)

    def label(story: Story) -> str:
        return arrange.UPDATE_LABEL if story.id in updates else ""

    return Words(blurb=blurb, points=summarise.points, one_line=summarise.one_line, picture=picture, label=label)


def _summarizer(newsroom: Newsroom, newsletter: NewsletterSettings, warn: Callable[[str], None]) -> Summarizer:
    if newsletter.summarizer == "endpoint":
        return open_endpoint(newsroom.settings, summarise.make(), warn)
    return summarise.make(newsletter.summarizer)


def _blocks(
    newsroom: Newsroom,
    newsletter: NewsletterSettings,
    key: EditionKey,
    acts: Sequence[Act],
    warn: Callable[[str], None],
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    on_file = read_blocks(newsroom.base / "blocks", newsletter=newsletter.id, day=key.day, warn=warn)
    blocks, unapplied = editorial.edit_blocks(on_file, acts)
    return tuple(with_picture(newsroom, block, warn) for block in blocks), unapplied


def _span(newsletter: NewsletterSettings) -> str:
    hours = newsletter.max_age.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours % 24 == 0 else f"{hours:g} hours"
