"""Stories and their versions: identity, windows, holds, and what no two editions may lose between them."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from digest import store
from digest.errors import UnknownThing
from digest.model import DroppedLine, EditionKey, Image, Kind, Rights, Status, Story
from tests.store_help import KEY, UNTIL, at, edition, freeze, keep, send, story


def late(conn: Connection, since: datetime, until: datetime, newsletter: str = "morning") -> list[str]:
    return [each.id for each in store.held_over(conn, newsletter, since, until)]


def test_a_story_comes_back_as_it_was_stored(conn: Connection) -> None:
    full = story(
        1,
        headline="Kärntner Straße — “gesperrt”",
        text="A first line.\n\nA second, with \x00 and 🛶.",
        published=at(5, 4),
        tags=("pier", "boats"),
        kind=Kind.OPINION,
        image=Image(path="pier.jpg", alt="A pier", mail_rights=True),
        embargo_until=at(5, 7),
        corrections=("It was Tuesday.",),
        rights=Rights.LICENSED,
        dropped=(DroppedLine("Sign up", "promotion"),),
    )

    saved = keep(conn, full, at(5, 6))

    assert saved.change == "new"
    assert saved.story == dataclasses.replace(full, version=1, known_at=at(5, 6))
    assert store.find_story(conn, full.id) == saved.story


def test_a_known_story_is_told_as_the_same(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    again = keep(conn, story(1), at(5, 7))

    assert (again.change, again.story.version, again.story.known_at) == ("same", 1, at(5, 6))


def test_a_changed_story_gets_a_version_and_keeps_the_moment_it_became_known(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    changed = keep(conn, story(1, text="It is closed again."), at(5, 7))

    assert (changed.change, changed.story.version, changed.story.known_at) == ("changed", 2, at(5, 6))
    assert store.get_story(conn, story(1).id).text == "It is closed again."
    assert store.get_story(conn, story(1).id, version=1).text == story(1).text


def test_a_new_embargo_makes_a_version_though_the_words_stay(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    assert keep(conn, story(1, embargo_until=at(5, 9)), at(5, 7)).change == "changed"
    assert store.get_story(conn, story(1).id).embargo_until == at(5, 9)


def test_an_unknown_story_or_version_is_told(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    with pytest.raises(UnknownThing, match="no story 'ffff'"):
        store.get_story(conn, "ffff")
    with pytest.raises(UnknownThing, match="in version 7"):
        store.get_story(conn, story(1).id, version=7)


def test_a_source_that_changes_its_ids_offers_the_same_story(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    churned = keep(conn, story(1, id="f" * 16), at(5, 7))
    rewritten = keep(conn, story(1, id="e" * 16, headline="Council opens the harbour's pier 1"), at(5, 8))
    moved = keep(conn, story(1, id="e" * 16, url="https://courier.example/moved"), at(5, 9))

    assert [s.story.id for s in (churned, rewritten, moved)] == [story(1).id] * 3
    assert [s.change for s in (churned, rewritten, moved)] == ["same", "changed", "changed"]


def test_different_pieces_at_one_address_stay_apart(conn: Connection) -> None:
    live = "https://courier.example/live"
    keep(conn, story(1, url=live), at(5, 6))

    other = Story("f" * 16, "newsroom", "b", "Storm warning for Tuesday", "Winds grow all night.", url=live)

    assert keep(conn, other, at(5, 7)).change == "new"


def test_the_front_page_is_no_storys_address(conn: Connection) -> None:
    front = "https://courier.example/"
    keep(conn, story(1, url=front), at(5, 6))

    assert keep(conn, story(1, id="f" * 16, url=front), at(5, 7)).change == "new"


def test_two_sources_at_one_address_keep_their_own_stories(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    assert keep(conn, story(1, id="f" * 16, source="wire"), at(5, 7)).change == "new"


def test_stories_come_by_the_moment_they_became_known(conn: Connection) -> None:
    for number, moment in ((3, at(5, 6)), (1, at(5, 7)), (2, at(5, 6))):
        keep(conn, story(number), moment)

    assert [s.id for s in store.iter_stories(conn)] == [story(n).id for n in (2, 3, 1)]


def test_a_window_takes_its_first_moment_and_leaves_its_last(conn: Connection) -> None:
    for number, moment in ((1, at(5, 6)), (2, at(5, 7)), (3, at(5, 8))):
        keep(conn, story(number), moment)

    found = list(store.iter_stories(conn, since=at(5, 6), until=at(5, 8)))

    assert [s.id for s in found] == [story(1).id, story(2).id]


def test_a_newsletter_sees_its_own_sources_alone(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    keep(conn, story(2, source="wire"), at(5, 6))

    assert [s.source for s in store.iter_stories(conn, sources=["wire"])] == ["wire"]


def test_an_editors_hold_stands_above_what_the_source_says(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))

    ordered = store.order_status(conn, story(1).id, Status.HOLD, at(5, 7))
    keep(conn, story(1, text="A newer version."), at(5, 8))

    assert ordered.status is Status.HOLD
    assert [s.status for s in store.iter_stories(conn)] == [Status.HOLD]


def test_a_kill_stays_when_the_source_forgets_it(conn: Connection) -> None:
    keep(conn, story(1, status=Status.KILLED), at(5, 6))

    saved = keep(conn, story(1, text="As if nothing had been."), at(5, 7))

    assert saved.story.status is Status.KILLED
    assert store.get_story(conn, story(1).id).status is Status.KILLED
    assert store.order_status(conn, story(1).id, Status.USABLE, at(5, 8)).status is Status.USABLE


@pytest.mark.parametrize("ordered", [Status.USABLE, Status.HOLD])
def test_a_kill_from_the_source_overrides_an_earlier_milder_order(conn: Connection, ordered: Status) -> None:
    keep(conn, story(1, status=Status.HOLD), at(5, 6))
    store.order_status(conn, story(1).id, ordered, at(5, 7))

    saved = keep(conn, story(1, status=Status.KILLED), at(5, 8))

    assert saved.story.status is Status.KILLED


def test_an_order_for_an_unknown_story_is_told(conn: Connection) -> None:
    with pytest.raises(UnknownThing):
        store.order_status(conn, "ffff", Status.KILLED, at(5))


def test_an_embargoed_story_is_offered_to_the_next_edition(conn: Connection) -> None:
    keep(conn, story(1, embargo_until=at(5, 12)), at(5, 6))
    send(conn, edition(left_out=[story(1)]))

    assert late(conn, UNTIL, at(6, 11, 30)) == [story(1).id]
    assert late(conn, at(6, 11, 30), at(7, 11, 30)) == []


@pytest.mark.parametrize("by_source", [False, True])
def test_a_released_story_is_offered_to_the_next_edition(conn: Connection, by_source: bool) -> None:
    keep(conn, story(1, status=Status.HOLD), at(5, 6))
    send(conn, edition(left_out=[story(1)]))

    if by_source:
        keep(conn, story(1), at(5, 15))
    else:
        store.order_status(conn, story(1).id, Status.USABLE, at(5, 15))

    assert late(conn, UNTIL, at(6, 11, 30)) == [story(1).id]


def test_a_story_already_printed_is_not_offered_again(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    send(conn, edition(story(1)))
    store.order_status(conn, story(1).id, Status.HOLD, at(5, 12))
    store.order_status(conn, story(1).id, Status.USABLE, at(5, 15))

    assert late(conn, UNTIL, at(6, 11, 30)) == []
    assert late(conn, UNTIL, at(6, 11, 30), newsletter="evening") == [story(1).id]


def test_a_story_that_became_visible_only_after_the_cutoff_falls_between_no_two_editions(conn: Connection) -> None:
    keep(conn, story(1), UNTIL - timedelta(seconds=2))
    send(conn, edition(left_out=[story(1)]))
    keep(conn, story(2), UNTIL - timedelta(seconds=1))

    assert late(conn, UNTIL, at(6, 11, 30)) == [story(2).id]


def test_the_first_edition_takes_nothing_from_before_its_window(conn: Connection) -> None:
    keep(conn, story(1), UNTIL - timedelta(seconds=1))

    assert late(conn, UNTIL, at(6, 11, 30)) == []


def test_a_story_is_found_by_id_beginning_or_address(conn: Connection) -> None:
    keep(conn, story(1, id="abc" + "0" * 13), at(5, 6))
    keep(conn, story(2), at(5, 6))

    found = [store.resolve(conn, text) for text in ("abc" + "0" * 13, "ABC", story(1).url, story(1).url + "/")]

    assert {s.key for s in found} == {"story-1"}


def test_a_story_is_found_by_an_id_its_source_gave_up(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    keep(conn, story(1, id="f" * 16), at(5, 7))

    assert store.resolve(conn, "f" * 16).id == story(1).id


def test_a_doubtful_name_lists_what_it_could_mean(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    keep(conn, story(2), at(5, 6))

    with pytest.raises(UnknownThing, match=r"several stories.*pier 1.*pier 2"):
        store.resolve(conn, "0000")
    with pytest.raises(UnknownThing, match=r"Did you mean: .*pier 2"):
        store.resolve(conn, "PIER 2")
    with pytest.raises(UnknownThing, match="digest stories list"):
        store.resolve(conn, "%")
    with pytest.raises(UnknownThing):
        store.resolve(conn, "  ")


def test_a_kill_is_heard_by_a_running_send(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    keep(conn, story(2), at(5, 6))
    edition_id = store.save_draft(conn, edition(story(1)), now=UNTIL)
    freeze(conn, edition_id)

    store.order_status(conn, story(1).id, Status.KILLED, at(5, 12))
    store.order_status(conn, story(2).id, Status.KILLED, at(5, 12))

    assert store.flags(conn, edition_id).withdrawn == (story(1).id,)
    assert store.editions_with(conn, story(1).id) == (KEY,)


def test_an_editors_embargo_is_heard_by_a_running_send_and_outlives_a_new_version(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    edition_id = store.save_draft(conn, edition(story(1)), now=UNTIL)
    freeze(conn, edition_id)

    store.order_embargo(conn, story(1).id, at(6, 7), at(5, 12))
    keep(conn, dataclasses.replace(story(1), text="Other words."), at(5, 13))

    assert store.get_story(conn, story(1).id).embargo_until == at(6, 7)
    assert store.flags(conn, edition_id, at(5, 14)).withdrawn == (story(1).id,)
    assert store.flags(conn, edition_id, at(6, 8)).withdrawn == ()


def test_editions_that_print_a_story_are_named_newest_first(conn: Connection) -> None:
    later = EditionKey("evening", KEY.day.replace(day=6))
    keep(conn, story(1), at(5, 6))
    store.save_draft(conn, edition(story(1)), now=UNTIL)
    store.save_draft(conn, edition(story(1), key=later), now=UNTIL)
    store.save_draft(conn, edition(left_out=[story(1)], key=EditionKey("noon", KEY.day)), now=UNTIL)

    assert store.editions_with(conn, story(1).id) == (later, KEY)
