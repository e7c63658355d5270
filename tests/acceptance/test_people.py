"""The people at the command line: in, out, listed, imported, exported, forgotten."""

from __future__ import annotations

import csv
import io

import pytest

from subscribers import open_engine, writing
from tests.acceptance.workspace import SETTINGS, Workspace


def people(workspace: Workspace, *words: str) -> list[str]:
    return [person["address"] for person in workspace.run("subscribers", "list", "--json", *words).json]


def test_a_person_is_added_with_name_and_tags_and_shown(courier: Workspace) -> None:
    given = ("--list", "morning", "--name", "Ada Quay", "--tags", "vip, press")

    courier.run("subscribers", "add", "ada@example.org", *given)
    shown = courier.run("subscribers", "show", "ada@example.org", "--json").json

    assert "Ada Quay" in str(shown)
    assert all(tag in str(shown) for tag in ("vip", "press"))
    said = courier.run("subscribers", "show", "ada@example.org").out
    assert "name: Ada Quay\n" in said
    assert "subscriptions:\n  list_id morning, status active, since 20" in said


def test_what_would_steer_a_terminal_is_printed_escaped(courier: Workspace) -> None:
    name = "Ada\x1b[2J\x9bm\r\nstanding: vip"
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning", "--name", name)

    shown = [courier.run("subscribers", *words).out for words in (("show", "ada@example.org"), ("list",))]
    lossless = courier.run("subscribers", "show", "ada@example.org", "--json").json

    assert all("Ada\\x1b[2J\\x9bm\\x0d\\x0astanding: vip" in text for text in shown)
    assert lossless["name"] == name


def test_one_bad_address_does_not_keep_the_others_out(courier: Workspace) -> None:
    ran = courier.run("subscribers", "add", "nonsense", "ben@example.org", "--list", "morning")

    assert (ran.code, people(courier)) == (1, ["ben@example.org"])


def test_an_unknown_list_names_the_thing(courier: Workspace) -> None:
    ran = courier.run("subscribers", "add", "ada@example.org", "--list", "evening")

    assert (ran.code, "evening" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "nobody@example.org"),
        ("unsubscribe", "nobody@example.org"),
        ("forget", "nobody@example.org", "--yes"),
        ("list", "--list", "evening"),
        ("list", "--status", "sleeping"),
        ("export", "--list", "evening"),
        ("export", "--format", "xml"),
        ("suppress", "ada@example.org", "--reason", "spite"),
        ("suppress", "ada@example.org", "--reason", "erased"),
        ("undo", "99"),
        ("count", "--list", "morning", "--where", "city ~ x"),
        ("count", "--list", "morning", "--where", ""),
        ("count", "--list", "morning", "--where", "visits = 99999999999999999999999"),
        ("tag", "vip", "--list", "morning", "--where", ""),
        ("tag", " ", "--list", "morning"),
        ("move", "--list", "morning", "--to", "morning", "--yes"),
        ("move", "--list", "morning", "--to", "morning", "--where", "", "--yes"),
        ("add", "ben@example.org", "--list", "morning", "--from", "nowhere.txt"),
        ("import", "nowhere.csv", "--list", "morning"),
        ("forget", "ada@example.org"),
    ],
)
def test_what_does_not_exist_is_wrong_usage(courier: Workspace, words: tuple[str, ...]) -> None:
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning")

    ran = courier.run("subscribers", *words)

    assert (ran.code, ran.err.startswith("digest: ")) == (2, True), ran.err
    assert people(courier, "--status", "active") == ["ada@example.org"]


@pytest.mark.parametrize("number", ["99999999999999999999999", "0", "2147483648"])
def test_the_number_of_an_import_that_cannot_be_is_wrong_usage(courier: Workspace, number: str) -> None:
    ran = courier.run("subscribers", "undo", number, "--yes")

    assert ran.code == 2
    assert "IMPORT" in ran.err


def test_a_list_cannot_have_any_id(courier: Workspace) -> None:
    ran = courier.run("lists", "add", "Bad Id")

    assert (ran.code, "'Bad Id' cannot name a list" in ran.err) == (2, True)


def test_lists_show_their_readers(courier: Workspace) -> None:
    courier.run("lists", "add", "sport", "--name", "Sport", "--single-opt-in")
    courier.run("subscribers", "add", "ada@example.org", "--list", "sport")

    shown = courier.run("lists", "show", "sport", "--json").json
    twice = courier.run("lists", "add", "sport")

    assert [(one["id"], one["active"], one["double_opt_in"]) for one in shown] == [("sport", 1, False)]
    assert "sport: Sport, 1 active, single opt-in" in courier.run("lists", "show").out
    assert twice.code == 2


def test_people_are_listed_by_list_and_standing(courier: Workspace) -> None:
    courier.run("subscribers", "add", "ada@example.org", "ben@example.org", "--list", "morning")
    courier.run("subscribers", "unsubscribe", "ada@example.org", "--list", "morning")

    assert people(courier, "--list", "morning", "--status", "active") == ["ben@example.org"]
    assert people(courier, "--status", "ended") == ["ada@example.org"]
    assert "morning: ended" in courier.run("subscribers", "list").out


def test_an_import_tells_what_it_did_and_refused(courier: Workspace) -> None:
    rows = "email,name,tags\nada@example.org,Ada,vip\nnonsense,Nobody,\nben@example.org,Ben,\nada@example.org,Ada,vip\n"
    (courier.folder / "people.csv").write_text(rows, encoding="utf-8")
    given = ("subscribers", "import", "people.csv", "--list", "morning")

    dry = courier.run(*given, "--dry-run")
    nobody = people(courier)
    ran = courier.run(*given, "--refused", "refused.csv")
    refused = (courier.folder / "refused.csv").read_text(encoding="utf-8")

    assert "Dry run" in dry.out
    assert nobody == []
    assert ran.code == 0
    assert people(courier) == ["ada@example.org", "ben@example.org"]
    assert "line 3" in ran.err
    assert "nonsense" in refused


def test_an_import_does_not_write_its_refused_rows_over_a_list(courier: Workspace) -> None:
    (courier.folder / "people.csv").write_text("email\nnonsense\n", encoding="utf-8")
    (courier.folder / "others.csv").write_text("email\nada@example.org\n", encoding="utf-8")
    given = ("subscribers", "import", "people.csv", "--list", "morning", "--refused")

    for name in ("people.csv", "./people.csv", "others.csv"):
        ran = courier.run(*given, name)
        assert (ran.code, "refused rows" in ran.err) == (2, True)

    assert (courier.folder / "people.csv").read_text(encoding="utf-8") == "email\nnonsense\n"
    assert (courier.folder / "others.csv").read_text(encoding="utf-8") == "email\nada@example.org\n"


def test_an_import_tells_what_to_look_at_before_a_mail_goes_out(courier: Workspace) -> None:
    rows = "email,consent,joined\nada@example.org,no,03/04/2024\n"
    (courier.folder / "people.csv").write_text(rows, encoding="utf-8")

    ran = courier.run("subscribers", "import", "people.csv", "--list", "morning")

    assert "nobody was judged by consent" in ran.err
    assert "1 rows have a date that cannot be read, '03/04/2024' in line 2 for one" in ran.err
    assert "--dates" in ran.err


def test_an_export_of_ours_that_breaks_off_is_a_failure(courier: Workspace) -> None:
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning")
    lines = courier.run("subscribers", "export", "--format", "jsonl").out
    (courier.folder / "all.jsonl").write_text(lines[:-20], encoding="utf-8")

    ran = courier.run("subscribers", "import", "all.jsonl", "--list", "morning")

    assert (ran.code, "it breaks off" in ran.err) == (1, True)


def test_an_import_is_told_as_json(courier: Workspace) -> None:
    (courier.folder / "people.csv").write_text("email\nada@example.org\n", encoding="utf-8")

    told = courier.run("subscribers", "import", "people.csv", "--list", "morning", "--json").json

    assert told["dry_run"] is False
    assert sum(told["counts"].values()) == 1


def test_an_export_can_be_imported_again(courier: Workspace) -> None:
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning", "--name", "=Ada")

    exported = courier.run("subscribers", "export", "--list", "morning").out
    lines = courier.run("subscribers", "export", "--format", "jsonl").out

    assert "ada@example.org" in next(csv.reader(io.StringIO(exported.splitlines()[1])))
    assert '"ada@example.org"' in lines


def test_a_suppressed_address_is_refused_by_every_way_in(courier: Workspace) -> None:
    courier.run("subscribers", "suppress", "ada@example.org", "--reason", "complained")
    (courier.folder / "people.csv").write_text("email\nada@example.org\n", encoding="utf-8")

    added = courier.run("subscribers", "add", "ada@example.org", "--list", "morning")
    courier.run("subscribers", "import", "people.csv", "--list", "morning")

    assert added.code == 1
    assert people(courier, "--status", "active") == []


def test_the_forgotten_stay_out_and_leave_no_address(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    ran = staffed.run("subscribers", "forget", "ada@example.org", "--yes")
    report = staffed.run("report", "morning", "--who", "--json")
    again = staffed.run("subscribers", "add", "ada@example.org", "--list", "morning")

    assert ran.code == 0
    assert people(staffed) == ["ben@example.org"]
    assert "ada@example.org" not in report.out
    assert (report.json["expected"], report.json["accepted"]) == (2, 2)
    assert again.code == 1


def test_how_somebody_asked_who_is_added_by_hand_is_kept_as_evidence(courier: Workspace) -> None:
    for address, option in (("ada@example.org", []), ("ben@example.org", ["--confirm"])):
        courier.run("subscribers", "add", address, "--list", "morning", "--evidence", "card at the fair", *option)

    for address, how in (("ada@example.org", "operator"), ("ben@example.org", "double opt-in")):
        [consent] = courier.run("subscribers", "show", address, "--json").json["consents"]
        assert (consent["how"], consent["provenance"]) == (how, "card at the fair")


def test_what_is_known_of_a_reader_names_the_editions_that_went_to_them(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    [delivery] = staffed.run("subscribers", "show", "ada@example.org", "--json").json["deliveries"]

    assert (delivery["edition"], delivery["address"], delivery["state"]) == (
        "morning/2026-01-05",
        "ada@example.org",
        "accepted",
    )
    assert "edition morning/2026-01-05" in staffed.run("subscribers", "show", "ada@example.org").out


def test_an_old_edition_that_cannot_be_read_keeps_nobody_from_being_shown_or_forgotten(staffed: Workspace) -> None:
    staffed.run("run", "morning")
    with writing(open_engine(f"sqlite:///{staffed.folder}/digest.db")) as conn:
        conn.exec_driver_sql("UPDATE edition SET body = '{'")

    [delivery] = staffed.run("subscribers", "show", "ada@example.org", "--json").json["deliveries"]
    forgotten = staffed.run("subscribers", "forget", "ada@example.org", "--yes")

    assert (delivery["edition"], forgotten.code) == ("morning/2026-01-05", 0)


def test_who_was_suppressed_by_mistake_is_asked_again(courier: Workspace) -> None:
    courier.run("subscribers", "suppress", "ada@example.org")

    allowed = [courier.run("subscribers", "allow", "ada@example.org").code for _ in range(2)]

    assert allowed == [0, 2]
    ran = courier.run("subscribers", "add", "ada@example.org", "--list", "morning", "--confirm")
    assert ran.out == "ada@example.org was asked by mail to confirm morning.\n"


def test_a_message_that_another_run_has_taken_does_not_stop_the_reading_of_mail(courier: Workspace) -> None:
    box = courier.folder / "box"
    for folder in ("new", "cur"):
        (box / folder).mkdir(parents=True)
    (box / "new" / "1").symlink_to("taken")
    (box / "new" / "2").write_text("Subject: hello\n\n", encoding="ascii")

    ran = courier.run("subscribers", "read-mail", "box")

    assert (ran.code, ran.out) == (0, "0 left by mail; 1 message named nobody.\n")
    assert [path.name for path in (box / "cur").iterdir()] == ["2:2,S"]


def test_who_is_only_suppressed_can_be_forgotten_and_stays_suppressed(courier: Workspace) -> None:
    courier.run("subscribers", "suppress", "ada@example.org", "--reason", "bounced")

    ran = courier.run("subscribers", "forget", "ada@example.org", "--yes")

    assert ran.code == 0
    [against] = courier.run("subscribers", "show", "ada@example.org", "--json").json["suppressions"]
    assert against["reason"] == "bounced"


def test_a_sign_up_by_hand_can_ask_first(courier: Workspace) -> None:
    ran = courier.run("subscribers", "add", "ada@example.org", "--list", "morning", "--confirm")

    mail = courier.mails()[0].read_text(encoding="ascii")
    assert ran.code == 0
    assert people(courier, "--status", "pending") == ["ada@example.org"]
    assert "To: ada@example.org" in mail
    assert "Auto-Submitted: auto-generated" in mail
    assert "List-Unsubscribe" not in mail


def test_a_sign_up_by_hand_asks_also_for_a_list_that_asks_nobody(courier: Workspace) -> None:
    courier.run("lists", "add", "sport", "--single-opt-in")

    ran = courier.run("subscribers", "add", "ada@example.org", "--list", "sport", "--confirm")

    [consent] = courier.run("subscribers", "show", "ada@example.org", "--json").json["consents"]
    assert (ran.out, len(courier.mails())) == ("ada@example.org was asked by mail to confirm sport.\n", 1)
    assert (consent["how"], consent["wording"]) == ("double opt-in", "")
    assert people(courier, "--status", "pending") == ["ada@example.org"]


def test_who_is_not_asked_is_not_said_to_be(courier: Workspace) -> None:
    courier.run("subscribers", "suppress", "ada@example.org")

    ran = courier.run("subscribers", "add", "ada@example.org", "--list", "morning", "--confirm")

    assert (ran.code, ran.out, courier.mails()) == (0, "", [])
    assert "ada@example.org was not asked" in ran.err


def test_a_list_without_a_newsletter_writes_in_the_first_ones_name(courier: Workspace) -> None:
    courier.run("lists", "add", "sport")

    courier.run("subscribers", "add", "ada@example.org", "--list", "sport", "--confirm")

    assert "From: Morning Watch <morning@courier.example>" in courier.mails()[0].read_text(encoding="ascii")


def test_a_mail_server_that_is_away_is_told_to_who_asks(courier: Workspace) -> None:
    smtp = 'kind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"'
    courier.settings(SETTINGS.replace('kind = "outbox"\npath = "outbox"', smtp))

    ran = courier.run("subscribers", "add", "ada@example.org", "--list", "morning", "--confirm")

    assert (ran.code, "127.0.0.1" in ran.err) == (1, True)


def test_leaving_without_naming_a_list_leaves_all(courier: Workspace) -> None:
    courier.run("lists", "add", "sport")
    for one in ("morning", "sport"):
        courier.run("subscribers", "add", "ada@example.org", "--list", one)

    ran = courier.run("subscribers", "unsubscribe", "ada@example.org")

    assert "morning, sport" in ran.out
    assert people(courier, "--status", "active") == []


def test_an_import_that_never_was_is_told_before_anything_is_asked(courier: Workspace) -> None:
    told = courier.run("subscribers", "undo", "99")
    assert told.code != 0
    assert "There is no import 99" in told.err
