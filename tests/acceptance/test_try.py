"""One stage of the reading by itself, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from digest.cli import main

STORY = (
    "By Ann Reed\n\nThe council closed the harbour bridge on Sunday after rust was found in two cables. Engineers "
    "will test the rest this week. Sign up for our newsletter.\n\nDrivers must go round by Mill Creek until spring."
)
COURT = "The court sent the mayor to prison for taking money from the builders of the new harbour wall."
MATCH = "The home team won the cup after two late goals, and its striker left the pitch in tears."


def _try(tmp_path: Path, capsys: pytest.CaptureFixture[str], stage: str, records: list[Any], *options: str):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records), "utf-8")
    code = main(["try", stage, str(path), *options])
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


def test_every_sentence_of_a_blurb_stands_where_it_says(tmp_path, capsys):
    code, (made,), _ = _try(tmp_path, capsys, "blurb", [{"id": 7, "headline": "Bridge closed", "text": STORY}])

    assert (code, made["id"]) == (0, 7)
    assert [STORY[s["start"] : s["end"]] for s in made["sentences"]] == [s["text"] for s in made["sentences"]]
    assert made["sentences"][0]["text"].startswith("The council closed")


def test_service_lines_never_enter_a_blurb(tmp_path, capsys):
    _, (made,), _ = _try(tmp_path, capsys, "blurb", [{"id": 1, "text": STORY}], "--sentences", "5")

    told = " ".join(s["text"] for s in made["sentences"])
    assert "newsletter" not in told
    assert "Ann Reed" not in told


def test_several_documents_share_one_blurb(tmp_path, capsys):
    documents = [{"headline": "Mayor jailed", "text": COURT}, {"headline": "Cup won", "text": MATCH}]

    _, (made,), _ = _try(tmp_path, capsys, "blurb", [{"id": "d", "documents": documents}], "--words", "60")

    assert {s["document"] for s in made["sentences"]} == {0, 1}
    assert made["words"] <= 60


def test_a_bad_line_is_told_and_the_others_go_on(tmp_path, capsys):
    code, made, err = _try(tmp_path, capsys, "blurb", ["nonsense", {"id": 2}, {"id": 3, "text": COURT}])

    assert (code, [record["id"] for record in made]) == (2, [3])
    assert "line 1 is not JSON" in err
    assert "line 2 (id 2): 'text' must be a text" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bluurb"], "there is no such stage; use one of clean, blurb, section, cluster"),
        (["blurb", "--sentences", "0"], "--sentences 0: write a number from 1"),
        (["blurb", "--summarizer", "magic"], "use one of linear, lead"),
        (["section"], "needs --labelled FILE, --sections FILE, or both"),
        (["clean", "no-such-file"], "no-such-file"),
    ],
)
def test_wrong_usage_is_told(words, told, capsys, monkeypatch, tmp_path):
    (tmp_path / "empty").touch()
    given = words if words[-1] == "no-such-file" or len(words) == 1 else [*words, str(tmp_path / "empty")]

    code = main(["try", *(given if words != ["section"] else ["section", str(tmp_path / "empty")])])

    assert code in (1, 2)
    assert told in capsys.readouterr().err


def test_clean_takes_one_plain_story(tmp_path, capsys):
    _, (cleaned,), _ = _try(tmp_path, capsys, "clean", [STORY + "\n\nCorrection: The bridge is 40 years old."])

    assert cleaned["id"] is None
    assert {line["rule"] for line in cleaned["dropped"]} == {"byline", "newsletter"}
    assert cleaned["notes"] == ["Correction: The bridge is 40 years old."]
    assert cleaned["byline"] == "Ann Reed"


def test_section_reads_descriptions_and_abstains_without_a_hint(tmp_path, capsys):
    sections = tmp_path / "sections.jsonl"
    rules = [
        {"id": "law", "title": "Courts", "description": "Courts, prison, judges, trials and crime"},
        {"id": "sport", "title": "Sport", "description": "Teams, goals, cups, matches and players"},
    ]
    sections.write_text("\n".join(map(json.dumps, rules)), "utf-8")
    stories = [{"id": "c", "text": COURT}, {"id": "m", "text": MATCH}, {"id": "z", "text": "Zzz qqq."}]

    _, placed, _ = _try(tmp_path, capsys, "section", stories, "--sections", str(sections))

    assert [record["section"] for record in placed] == ["law", "sport", None]
    assert placed[0]["method"] == "described"


def test_section_learns_from_labelled_stories(tmp_path, capsys):
    labelled = tmp_path / "past.jsonl"
    past = [{"headline": "", "text": COURT, "section": "law"}, {"headline": "", "text": MATCH, "section": "sport"}]
    labelled.write_text("\n".join(map(json.dumps, past)), "utf-8")

    _, (placed,), _ = _try(
        tmp_path, capsys, "section", [{"id": 1, "text": "The striker won."}], "--labelled", str(labelled)
    )

    assert (placed["section"], placed["method"]) == ("sport", "learned")
    assert "striker" in placed["because"]


def test_cluster_joins_copies_and_names_the_longest_as_lead(tmp_path, capsys):
    long = STORY.replace("By Ann Reed\n\n", "") + " The ferry runs every hour."
    stories = [{"id": "short", "text": STORY}, {"id": "long", "text": long}, {"id": "other", "text": COURT}]

    _, clusters, _ = _try(tmp_path, capsys, "cluster", stories)

    (copy,) = [record for record in clusters if record["kind"] == "copy"]
    assert (copy["lead"], sorted(copy["ids"])) == ("long", ["long", "short"])
    assert copy["evidence"]


def test_a_live_page_is_no_copy_of_the_news_it_repeats(tmp_path, capsys):
    news = {"id": 1, "headline": "Mayor jailed", "text": COURT}
    code, groups, _ = _try(tmp_path, capsys, "cluster", [news, {**news, "id": 2, "kind": "live"}])
    assert (code, groups) == (0, [])


def test_an_unknown_kind_of_story_is_told(tmp_path, capsys):
    code, _, told = _try(tmp_path, capsys, "cluster", [{"id": 1, "text": COURT, "kind": "gossip"}])
    assert code == 2
    assert "use one of news" in told


@pytest.mark.parametrize("stage", ["clean", "blurb", "cluster"])
def test_output_is_the_same_under_any_hash_seed(tmp_path, stage):
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps({"id": i, "headline": "", "text": STORY + COURT * i}) for i in range(4)))

    printed = {
        subprocess.run(
            [sys.executable, "-m", "digest", "try", stage, str(path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert len(printed) == 1


def test_nothing_but_the_standard_library_is_imported(tmp_path):
    script = (
        "import sys; from digest.cli import main; main(['try', 'blurb', sys.argv[1]]);"
        "import digest; names = {m.partition('.')[0] for m in sys.modules};"
        "print(sorted(n for n in names if n not in sys.stdlib_module_names and not n.startswith('_')))"
    )
    path = tmp_path / "in.jsonl"
    path.write_text("")

    ran = subprocess.run([sys.executable, "-S", "-c", script, str(path)], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "['digest']"
