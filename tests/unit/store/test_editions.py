"""Editions: drafts, freezing, orders, approval, and the memory of what was printed."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from digest import store
from digest.errors import StoreError, UnknownThing, UsageError
from digest.model import Edition, EditionKey, Placement, Reason, Sentence
from digest.store import State, accounts, deliveries, schema
from tests.ledgers import audience
from tests.store_help import KEY, UNTIL, at, edition, freeze, item, keep, send, story

NEXT = EditionKey("morning", KEY.day.replace(day=6))


def stored(conn: Connection, key: EditionKey = KEY) -> store.StoredEdition:
    found = store.load(conn, key)
    assert found is not None
    return found


def save(conn: Connection, saved: Edition, now: datetime = UNTIL) -> int:
    return store.save_draft(conn, saved, now=now)


def accept_one(conn: Connection, edition_id: int) -> None:
    """Let one reader of a frozen edition have it."""
    accounts.freeze(conn, edition_id, audience(1))
    deliveries.settle(conn, [(edition_id, 1, int(store.DeliveryState.ACCEPTED), 0, 1, "250", "250 ok", "")])


def test_an_edition_comes_back_as_it_was_saved(conn: Connection) -> None:
    sentence = Sentence("Boats came.", story(1).id, 1, 0, 11)
    rich = item(
        story(1),
        points=(sentence,),
        placement=Placement("city", "tag map", 0.9, "tag pier"),
        score=12.345678901234567,
        reasons=(Reason("priority", 0.1),),
        published=at(5, 4),
    )
    whole = dataclasses.replace(edition(story(1), story(2), left_out=[story(3)]), lead=rich, utm={"utm_source": "m"})

    save(conn, whole)

    assert stored(conn).edition == whole
    assert stored(conn).content_hash == store.content_hash(whole)
    assert store.load_id(conn, stored(conn).id) == stored(conn)


def test_a_rebuild_replaces_the_draft_and_keeps_its_number(conn: Connection) -> None:
    first = save(conn, edition(story(1)))

    second = save(conn, edition(story(2)), at(5, 12))

    assert first == second
    assert (stored(conn).edition.subject, stored(conn).built_at) == (story(2).headline, at(5, 12))


def test_what_is_on_its_way_is_not_built_again(conn: Connection) -> None:
    freeze(conn, save(conn, edition(story(1))))

    with pytest.raises(UsageError, match="morning/2026-01-05 is already frozen"):
        save(conn, edition(story(2)))


def test_a_stopped_draft_is_not_built_again(conn: Connection) -> None:
    store.finish(conn, save(conn, edition(story(1))), State.STOPPED, now=UNTIL)

    with pytest.raises(UsageError, match="already stopped"):
        save(conn, edition(story(2)))


@pytest.mark.parametrize("state", [State.HELD, State.EXPIRED])
def test_an_edition_that_was_held_or_expired_can_be_built_again(conn: Connection, state: State) -> None:
    store.finish(conn, save(conn, edition(story(1))), state, now=UNTIL, why="2 of 3 stories")

    save(conn, edition(story(1), story(2)))

    assert (stored(conn).state, stored(conn).why, stored(conn).finished_at) == (State.DRAFT, "", None)


def test_an_unknown_edition_names_the_newest_ones(conn: Connection) -> None:
    with pytest.raises(UnknownThing, match="digest build morning"):
        store.get_edition(conn, KEY)
    save(conn, edition(story(1)))
    with pytest.raises(UnknownThing, match="newest of this newsletter: morning/2026-01-05"):
        store.get_edition(conn, NEXT)
    assert store.load(conn, NEXT) is None
    assert store.load_id(conn, 99) is None


def test_freezing_notes_what_the_send_needs(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))

    store.mark_frozen(conn, edition_id, now=at(5, 12), deadline=at(5, 15), headers="{}", expected=7)

    frozen = stored(conn)
    assert (frozen.state, frozen.frozen_at, frozen.deadline) == (State.FROZEN, at(5, 12), at(5, 15))
    assert (frozen.headers, frozen.expected_count) == ("{}", 7)


def test_of_two_processes_one_freezes(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))
    freeze(conn, edition_id)

    with pytest.raises(UsageError, match=r"morning/2026-01-05 \(frozen\) cannot be frozen"):
        freeze(conn, edition_id)
    with pytest.raises(UsageError, match="does not exist"):
        freeze(conn, 99)


def test_a_draft_rebuilt_meanwhile_is_not_frozen(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))
    read = stored(conn).content_hash
    save(conn, edition(story(2)))

    with pytest.raises(UsageError, match="rebuilt"):
        store.mark_frozen(conn, edition_id, now=UNTIL, deadline=None, headers="", expected=1, content_hash=read)


def test_a_sent_edition_stays_sent(conn: Connection) -> None:
    edition_id = send(conn, edition(story(1)))

    store.finish(conn, edition_id, State.SENT, now=at(5, 12))
    with pytest.raises(StoreError, match="has been sent"):
        store.finish(conn, edition_id, State.STOPPED, now=at(5, 12))

    assert stored(conn).finished_at == UNTIL


def test_a_send_that_stopped_half_way_can_be_taken_up_again(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))
    freeze(conn, edition_id)
    store.set_flag(conn, KEY, stop_requested=True)
    store.finish(conn, edition_id, State.STOPPED, now=at(5, 12), why="stopped by Ada")

    store.reopen(conn, edition_id, deadline=at(5, 15))

    assert store.flags(conn, edition_id) == store.Flags(State.FROZEN, False, False, False)
    assert [s.key for s in store.unfinished(conn)] == [KEY]


def test_a_sent_edition_can_be_opened_for_mails_that_were_ambiguous(conn: Connection) -> None:
    edition_id = send(conn, edition(story(1)))

    store.reopen(conn, edition_id, deadline=at(5, 15))

    assert (stored(conn).state, stored(conn).deadline, stored(conn).finished_at) == (State.FROZEN, at(5, 15), None)


def test_only_what_was_frozen_can_be_taken_up_again(conn: Connection) -> None:
    with pytest.raises(UsageError, match="its sending never began"):
        store.reopen(conn, save(conn, edition(story(1))), deadline=None)


def test_a_draft_expires_and_a_send_under_way_does_not(conn: Connection) -> None:
    store.expire(conn, KEY, now=UNTIL, why="nothing to give up")
    save(conn, edition(story(1)))
    store.expire(conn, KEY, now=at(5, 16), why="too late")
    freeze(conn, save(conn, edition(story(2), key=NEXT)))
    store.expire(conn, NEXT, now=at(6, 16), why="too late")

    assert (stored(conn).state, stored(conn).why) == (State.EXPIRED, "too late")
    assert stored(conn, NEXT).state is State.FROZEN


def test_orders_reach_a_running_send(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))

    store.set_flag(conn, KEY, paused=True, held=True)
    store.set_flag(conn, KEY, held=False)
    store.set_flag(conn, KEY)

    flags = store.flags(conn, edition_id)
    assert (flags.state, flags.paused, flags.stop_requested, flags.held) == (State.DRAFT, True, False, False)
    with pytest.raises(UnknownThing):
        store.set_flag(conn, NEXT, paused=True)


def test_an_approval_names_the_content_and_lifts_the_hold(conn: Connection) -> None:
    save(conn, edition(story(1)))
    store.set_flag(conn, KEY, held=True)

    store.approve(conn, KEY, stored(conn).content_hash)

    assert stored(conn).is_approved
    assert not stored(conn).held


def test_an_approval_of_something_else_is_refused_and_a_rebuild_ends_it(conn: Connection) -> None:
    save(conn, edition(story(1)))
    read = stored(conn).content_hash
    store.approve(conn, KEY, read)
    save(conn, edition(story(2)))

    assert not stored(conn).is_approved
    with pytest.raises(UsageError, match="has changed since you read it"):
        store.approve(conn, KEY, read)


def test_a_window_begins_where_the_last_sent_edition_of_the_slot_ended(conn: Connection) -> None:
    assert store.last_cutoff(conn, "morning", "main") is None
    send(conn, edition(story(1)))
    save(conn, edition(story(2), key=NEXT, until=at(6, 11, 30)))
    send(conn, edition(story(3), key=EditionKey("morning", KEY.day, "breaking"), until=at(5, 19)))

    assert store.last_cutoff(conn, "morning", "main") == UNTIL
    assert store.last_cutoff(conn, "morning", "breaking") == at(5, 19)
    assert store.last_cutoff(conn, "evening", "main") is None


def test_stories_of_an_edition_stopped_before_anybody_had_it_are_not_used(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))
    freeze(conn, edition_id)
    store.finish(conn, edition_id, State.STOPPED, now=UNTIL)

    assert store.last_cutoff(conn, "morning", "main") is None
    assert store.printed(conn, "morning", at(1)) == []
    assert store.next_number(conn, "morning") == 1


def test_stories_of_an_edition_that_somebody_had_are_used_though_it_was_stopped(conn: Connection) -> None:
    edition_id = save(conn, edition(story(1)))
    freeze(conn, edition_id)
    accept_one(conn, edition_id)
    store.finish(conn, edition_id, State.STOPPED, now=UNTIL)

    assert stored(conn).accepted_count == 1
    assert store.last_cutoff(conn, "morning", "main") == UNTIL
    assert store.next_number(conn, "morning") == 2


def test_the_memory_holds_the_words_as_they_were_printed(conn: Connection) -> None:
    first = keep(conn, story(1), at(5, 6)).story
    second = keep(conn, story(2), at(5, 6)).story
    send(conn, edition(second, first, left_out=[story(3)]))
    keep(conn, story(1, text="Rewritten."), at(5, 13))

    memory = store.printed(conn, "morning", at(1))

    assert [(p.story_id, p.version, p.text) for p in memory] == [(second.id, 1, second.text), (first.id, 1, first.text)]
    assert (memory[0].headline, memory[0].edition, memory[0].sent_at) == (second.headline, str(KEY), UNTIL)
    assert memory[0].content_hash != ""


def test_the_memory_begins_at_a_moment_and_leaves_an_edition_out(conn: Connection) -> None:
    keep(conn, story(1), at(5, 6))
    send(conn, edition(story(1)))

    assert store.printed(conn, "morning", at(5, 12)) == []
    assert store.printed(conn, "morning", at(1), exclude=KEY) == []
    assert store.printed(conn, "evening", at(1)) == []


def test_an_edition_may_print_what_is_not_stored(conn: Connection) -> None:
    send(conn, edition(story(1), story(1), left_out=[story(1), story(2), story(2)]))

    assert [(p.story_id, p.text) for p in store.printed(conn, "morning", at(1))] == [(story(1).id, "")]
    rows = conn.execute(sa.select(schema.edition_story.c.printed).order_by(schema.edition_story.c.story_id))
    assert rows.scalars().all() == [True, False]


def test_editions_are_listed_newest_first(conn: Connection) -> None:
    send(conn, edition(story(1)))
    save(conn, edition(story(2), key=NEXT))
    save(conn, edition(story(2), key=EditionKey("evening", KEY.day)))

    assert [s.key for s in store.iter_editions(conn, "morning")] == [NEXT, KEY]
    assert [s.key for s in store.iter_editions(conn, states=[State.SENT])] == [KEY]
    assert store.edition_states(conn, "morning") == {KEY: State.SENT, NEXT: State.DRAFT}
    assert len(list(store.iter_editions(conn))) == 3


def test_editions_are_named_without_being_read(conn: Connection) -> None:
    send(conn, edition(story(1)))
    save(conn, edition(story(2), key=NEXT))
    conn.execute(sa.update(schema.edition).values(body="{"))

    assert list(store.edition_names(conn).values()) == [KEY, NEXT]


def test_numbers_count_what_was_sent(conn: Connection) -> None:
    assert store.next_number(conn, "morning") == 1

    send(conn, edition(story(1)))
    save(conn, edition(story(2), key=NEXT))

    assert store.next_number(conn, "morning") == 2
