"""An editor's acts: what they choose, what they write, and what is told when they find nothing."""

from __future__ import annotations

import dataclasses
from typing import Any

from digest import editorial
from digest.model import Blurb, Edition, Origin
from digest.store import Act, ActName
from tests.store_help import edition, item, story

ONE, TWO, THREE = story(1), story(2), story(3)


def act(name: ActName, number: int = 0, **body: Any) -> Act:
    return Act(name, ({"story": story(number).id} if number else {}) | body, author="Ada")


def edited(*acts: Act, of: Edition | None = None) -> Edition:
    return editorial.apply(of or edition(ONE, TWO), acts)[0]


def untold(*acts: Act, of: Edition | None = None) -> str:
    return " ".join(editorial.apply(of or edition(ONE, TWO), acts)[1])


def test_an_editors_headline_replaces_the_storys() -> None:
    result = edited(act("headline", 2, text="Pier two,\n at last"))

    assert [i.headline for i in result.items()] == [ONE.headline, "Pier two, at last"]


def test_an_editors_blurb_is_marked_as_the_editors() -> None:
    result = edited(act("blurb", 1, text="Our own words."))

    assert result.lead is not None
    assert result.lead.blurb == Blurb("Our own words.", Origin.EDITOR, method="editor")


def test_the_last_words_stand_and_empty_ones_take_them_back() -> None:
    assert edited(act("kicker", 1, text="Old"), act("kicker", 1, text="New")).items()[0].kicker == "New"
    assert edited(act("kicker", 1, text="Old"), act("kicker", 1, text="")).items()[0].kicker == ""


def test_subject_and_preheader_of_the_editor_stand_above_those_written_anew() -> None:
    def refresh(e: Edition) -> Edition:
        return dataclasses.replace(e, subject=e.items()[0].headline, preheader="anew")

    acts = [act("headline", 1, text="Changed"), act("subject", text="Mine")]
    result, unapplied = editorial.apply(edition(ONE, TWO), acts, refresh=refresh)

    assert (result.subject, result.preheader, unapplied) == ("Mine", "anew", ())


def test_an_edition_without_edits_is_not_written_anew() -> None:
    result, _ = editorial.apply(edition(ONE), [], refresh=lambda e: dataclasses.replace(e, subject="anew"))

    assert result == edition(ONE)


def test_words_for_a_story_that_is_not_printed_are_told() -> None:
    told = untold(act("headline", 3, text="Pier three"), of=edition(ONE, TWO, left_out=[THREE]))

    assert "Pier three" in told
    assert "was left out (full)" in told


def test_a_blurb_for_a_brief_is_told_and_not_printed() -> None:
    brief = item(TWO, blurb=Blurb("", Origin.NONE, method="brief"))

    result, told = editorial.apply(edition(ONE, briefs=(brief,)), [act("blurb", 2, text="Long words.")])

    assert result.briefs == (brief,)
    assert "among the briefs" in told[0]


def test_a_headline_reaches_a_brief() -> None:
    assert edited(act("headline", 2, text="Short"), of=edition(ONE, briefs=(item(TWO),))).briefs[0].headline == "Short"


def test_choices_say_who_leads_where_and_who_is_out() -> None:
    chosen = editorial.choices(
        [
            act("lead", 2),
            act("order", stories=[TWO.id, ONE.id, TWO.id]),
            act("pin", 1),
            act("move", 1, section="world"),
            act("drop", 3, reason="old news"),
            act("split", stories=[ONE.id, TWO.id]),
        ]
    )

    assert (chosen.lead, chosen.order, chosen.pins) == (TWO.id, (TWO.id, ONE.id), (ONE.id,))
    assert chosen.dropped == {THREE.id: "dropped by Ada: old news"}
    assert chosen.sections == {ONE.id: "world"}
    assert chosen.decisions[0].kind == "split"


def test_a_later_act_takes_an_earlier_one_back() -> None:
    assert editorial.choices([act("drop", 1), act("restore", 1)]).dropped == {}
    assert editorial.choices([act("drop", 1), act("lead", 1)]).dropped == {}
    assert editorial.choices([act("lead", 1), act("drop", 1)]).lead is None
    assert editorial.choices([act("pin", 1), act("restore", 1)]).pins == ()
    assert editorial.choices([act("move", 1, section="world"), act("move", 1, section="")]).sections == {}


def test_a_lead_that_does_not_lead_is_told() -> None:
    assert untold(act("lead", 1)) == ""
    assert "does not lead: it is printed elsewhere" in untold(act("lead", 2))
    assert "does not lead: the story is not offered" in untold(act("lead", 3))


def test_an_order_names_the_stories_it_has_no_place_for() -> None:
    told = untold(act("order", stories=[TWO.id, THREE.id]))

    assert THREE.id in told
    assert TWO.id not in told


def test_a_drop_is_told_when_it_did_nothing() -> None:
    assert "still printed" in untold(act("drop", 1))
    assert "not offered to this edition any more" in untold(act("drop", 3))
    assert untold(act("drop", 3), of=edition(ONE, left_out=[THREE])) == ""


def test_a_move_into_another_section_is_told_when_the_story_is_elsewhere() -> None:
    assert "moved to world" in untold(act("move", 2, section="world"))
    assert untold(act("move", 2, section="city")) == ""
