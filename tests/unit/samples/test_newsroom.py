"""What the demo's newsroom promises: every case an edition must handle stands in it once, and it is fit to show."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from PIL import Image

from digest.model import Access, BlockKind, Kind, Status
from digest.samples import SAMPLES_DAY, SAMPLES_NOW, newsroom_dir, suppressed_addresses
from digest.settings import load
from digest.text.clean import clean

FIELDS = {
    "headline", "short_headline", "standfirst", "summary", "url", "published", "updated", "byline", "credit",
    "department", "section", "tags", "kind", "priority", "access", "source", "language", "image", "embargo_until",
    "status", "corrections",
}  # fmt: skip


def split_document(path: Path) -> tuple[dict[str, Any], str]:
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body.strip()


STORIES = {path.stem: split_document(path) for path in sorted((newsroom_dir() / "stories").glob("*.md"))}
BLOCKS = {path.stem: split_document(path) for path in sorted((newsroom_dir() / "blocks").glob("*.md"))}
PICTURES = sorted((newsroom_dir() / "images").glob("*.png"))


def shared_words(one: str, other: str) -> float:
    first, second = set(STORIES[one][1].split()), set(STORIES[other][1].split())
    return len(first & second) / len(first | second)


def test_the_samples_clock_stands_at_half_past_six_in_new_york():
    local = SAMPLES_NOW.astimezone(ZoneInfo("America/New_York"))

    assert (local.date(), local.hour, local.minute) == (SAMPLES_DAY, 6, 30)


def test_the_settings_are_valid_and_name_the_paper_and_its_newsletter():
    settings = load(newsroom_dir() / "digest.toml")

    newsletter = settings.newsletter("morning")

    assert (settings.site.name, newsletter.name) == ("The Harbor Courier", "Morning Watch")
    assert settings.transport.kind == "outbox"
    assert newsletter.minimum_stories == 3


def test_there_are_at_least_twenty_six_stories_over_six_sections():
    sections = Counter(front["section"] for front, _ in STORIES.values() if "section" in front)
    known = {section.id for section in load(newsroom_dir() / "digest.toml").newsletters[0].sections}

    assert len(STORIES) >= 26
    assert set(sections) == known
    assert min(sections.values()) >= 3


@pytest.mark.parametrize("name", STORIES)
def test_a_story_uses_only_the_fields_and_words_of_the_contract(name: str):
    front, _ = STORIES[name]

    assert set(front) <= FIELDS
    assert {"headline", "url", "source", "published", "kind", "priority"} <= set(front)
    assert front["kind"] in list(Kind)
    assert 0 <= front["priority"] <= 100


@pytest.mark.parametrize("name", STORIES)
def test_a_story_was_published_in_the_day_before_the_edition(name: str):
    published: datetime = STORIES[name][0]["published"]

    assert published.tzinfo is not None
    assert SAMPLES_NOW - timedelta(hours=24) <= published.astimezone(UTC) < SAMPLES_NOW


def test_a_story_without_a_section_has_a_tag_that_leads_to_one():
    sections = load(newsroom_dir() / "digest.toml").newsletters[0].sections
    mapped = {tag for section in sections for tag in section.tags}

    unplaced = [front for front, _ in STORIES.values() if "section" not in front]

    assert unplaced
    assert all(mapped & set(front["tags"]) for front in unplaced)


def test_most_stories_have_the_length_of_a_newspaper_story_and_one_is_a_thin_brief():
    words = {name: len(clean(body).text.split()) for name, (_, body) in STORIES.items()}

    assert sum(300 <= count <= 700 for count in words.values()) >= 24
    assert 45 <= words["water-main-brief"] <= 75


def test_one_event_has_accounts_of_three_outlets_in_different_words():
    names = ["bridge-freighter-courier", "bridge-freighter-wire", "bridge-freighter-coastal"]

    assert {STORIES[name][0]["source"] for name in names} == {"Harbor Courier", "Northeast Wire", "Coastal Press"}
    assert all("Maren Vestby" in STORIES[name][1] for name in names)
    assert all(shared_words(names[0], other) < 0.35 for other in names[1:])


def test_two_wire_copies_differ_by_a_few_words_and_by_source_and_headline():
    one, other = "fishing-accord-northeast-wire", "fishing-accord-meridian"

    assert shared_words(one, other) > 0.9
    assert STORIES[one][0]["source"] != STORIES[other][0]["source"]
    assert STORIES[one][0]["headline"] != STORIES[other][0]["headline"]


def test_a_contested_claim_is_attributed_and_denied():
    _, body = STORIES["rail-attack-claims"]

    first = body.split("\n\n")[0]

    assert "said" in first
    assert "denied" in first


@pytest.mark.parametrize("kind", [Kind.OPINION, Kind.LETTERS, Kind.OBITUARY, Kind.PODCAST, Kind.LIVE, Kind.ANALYSIS])
def test_there_is_a_signed_story_of_every_kind_an_edition_labels(kind: Kind):
    found = [front for front, _ in STORIES.values() if front["kind"] == kind]

    assert found
    assert all(front["byline"] for front in found)


@pytest.mark.parametrize("status", [Status.KILLED, Status.HOLD])
def test_one_story_is_killed_and_one_held(status: Status):
    assert sum(front.get("status") == status for front, _ in STORIES.values()) == 1


def test_one_story_is_for_subscribers_only():
    assert sum(front.get("access") == Access.SUBSCRIBER for front, _ in STORIES.values()) == 1


def test_one_embargo_ends_after_the_edition_has_gone():
    embargoes = [front["embargo_until"] for front, _ in STORIES.values() if "embargo_until" in front]

    assert [moment.astimezone(UTC) - SAMPLES_NOW for moment in embargoes] == [timedelta(minutes=30)]


def test_some_stories_bring_a_summary_and_some_only_a_standfirst():
    fronts = [front for front, _ in STORIES.values()]

    assert any("summary" in front for front in fronts)
    assert any("standfirst" in front and "summary" not in front for front in fronts)


def test_names_are_written_in_more_than_ascii():
    bylines = {front.get("byline", "") for front, _ in STORIES.values()}

    assert {"Zoë Brânză", "Łukasz Wyrwa"} <= bylines


def test_the_bodies_hold_service_lines_of_many_kinds_and_notes_worth_keeping():
    cleaned = [clean(body) for _, body in STORIES.values()]

    rules = {line.rule for story in cleaned for line in story.dropped}

    assert len(rules) >= 9
    assert any(story.notes for story in cleaned)
    assert any(story.corrections for story in cleaned)


def test_some_quotations_span_several_sentences():
    spans = [part.split("”")[0] for _, body in STORIES.values() for part in body.split("“")[1:]]

    assert sum(". " in span for span in spans) >= 10


@pytest.mark.parametrize("name", [name for name, (front, _) in STORIES.items() if "image" in front])
def test_a_storys_picture_exists_and_is_described_and_credited(name: str):
    image = STORIES[name][0]["image"]

    assert (newsroom_dir() / "stories" / image["path"]).resolve() in PICTURES
    assert len(image["alt"]) > 30
    assert image["credit"]


def test_one_picture_may_not_be_mailed():
    rights = [front["image"]["mail_rights"] for front, _ in STORIES.values() if "image" in front]

    assert rights.count(False) == 1
    assert len(rights) == len(PICTURES)


def test_the_pictures_are_small_files_large_enough_for_a_sharp_print():
    sizes = [path.stat().st_size for path in PICTURES]

    assert max(sizes) < 60_000
    assert sum(sizes) < 450_000
    with Image.open(newsroom_dir() / "images" / "bridge.png") as lead:
        assert lead.size == (1152, 576)


def test_every_kind_of_block_but_the_note_is_there_and_the_sponsor_is_disclosed():
    kinds = {front["kind"] for front, _ in BLOCKS.values()}

    assert kinds == {kind.value for kind in BlockKind} - {"note"}
    assert BLOCKS["sponsor"][0]["by"]
    assert "paid" in BLOCKS["sponsor"][0]["disclosure"]
    assert len(BLOCKS["listing"][0]["entries"]) >= 3


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_runs_on_the_samples_day(name: str):
    front, _ = BLOCKS[name]

    assert front["from"] <= SAMPLES_DAY <= front["until"]
    assert front["newsletter"] == "morning"


def test_six_readers_live_at_example_org_and_one_of_them_is_suppressed():
    with (newsroom_dir() / "readers.csv").open(encoding="utf-8", newline="") as file:
        readers = list(csv.DictReader(file))

    addresses = [reader["email"] for reader in readers]

    assert len(set(addresses)) == 6
    assert all(address.endswith("@example.org") for address in addresses)
    assert any(not reader["name"].isascii() for reader in readers)
    assert len(suppressed_addresses()) == 1
    assert set(suppressed_addresses()) < set(addresses)
