"""What ran before does not run again, unless it changed in substance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from digest import arrange
from digest.model import Cluster, Printed, Story

SENT = datetime(2026, 1, 5, 6, tzinfo=UTC)
BODY = (
    "The council approved the quay on Monday. The harbour master asked for two more berths in the spring. "
    "Work begins in May and takes a year. Four shops on the old pier have to move to the market hall. "
    "The fishing fleet may keep its sheds until the autumn. A second hearing is set for the end of June."
)
NEWS = (
    "A court stopped the work on Thursday afternoon. The judge wants a study of flood water first. "
    "Builders left the site within hours of the ruling. "
)


def cluster(text: str = BODY, *, story_id: str = "a", version: int = 1, headline: str = "Quay approved") -> Cluster:
    """Return a story alone in its cluster."""
    story = Story(id=story_id, source="s", key=story_id, headline=headline, text=text, version=version, language="en")
    return Cluster("single", (story,))


def printed(story_id: str = "a", *, text: str = BODY, days: int = 0, headline: str = "Quay approved") -> Printed:
    """Return the record that a story ran."""
    at = SENT + timedelta(days=days)
    return Printed(story_id, 1, headline, f"morning/{at.date()}", at, text=text)


def recall(asked: Cluster, *before: Printed) -> arrange.Recall | None:
    """Ask a memory of what was printed before."""
    return arrange.recall(asked, arrange.remember(before))


def test_what_never_ran_is_not_recalled() -> None:
    assert recall(cluster()) is None
    assert recall(cluster(), printed("b", text=NEWS)) is None


def test_what_ran_does_not_run_again_and_the_edition_is_named() -> None:
    found = recall(cluster(), printed())
    assert found is not None
    assert not found.is_update
    assert found.because == "already sent in morning/2026-01-05 on 2026-01-05"


def test_a_copy_under_another_id_and_headline_is_known_and_both_headlines_are_told() -> None:
    found = recall(cluster(story_id="z", headline="Council backs quay"), printed())
    assert found is not None
    assert found.because.endswith("as “Quay approved”")


def test_new_facts_make_an_update_of_the_new_sentences_alone() -> None:
    found = recall(cluster(NEWS + BODY, version=2), printed())
    assert found is not None
    assert found.is_update
    assert found.new == tuple(f"{each.strip('. ')}." for each in NEWS.split(". "))[:3]


def test_one_new_sentence_is_no_update() -> None:
    found = recall(cluster(NEWS.split(". ")[0] + ". " + BODY, version=2), printed())
    assert found is not None
    assert not found.is_update


def test_a_correction_is_no_update() -> None:
    corrected = cluster(NEWS + BODY, version=2)
    lead = replace(corrected.lead, corrections=("An earlier version named the wrong month.",))
    found = recall(Cluster("single", (lead,)), printed())
    assert found is not None
    assert not found.is_update


def test_the_newest_printing_is_the_one_that_counts() -> None:
    found = recall(cluster(NEWS + BODY, version=3), printed(), printed(text=NEWS + BODY, days=1))
    assert found is not None
    assert found.before.edition == "morning/2026-01-06"
    assert not found.is_update


def test_another_account_of_the_event_in_its_cluster_ran_and_this_one_may() -> None:
    other = Story(id="b", source="t", key="b", headline="Berths", text=NEWS, language="en")
    event = Cluster("event", (other, cluster().lead))
    assert recall(event, printed()) is None


def test_a_headline_like_one_of_another_story_is_seen_and_its_own_is_not() -> None:
    memory = arrange.remember([printed("b", text="")])
    assert arrange.seen_similarity(cluster(), memory) > 0.99
    assert arrange.seen_similarity(cluster(story_id="b"), memory) == 0
