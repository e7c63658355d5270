"""A newsroom that makes a theme its own."""

from __future__ import annotations

import email

import pytest

from tests.acceptance.workspace import SETTINGS, Workspace


def page_of(courier: Workspace) -> str:
    mail = email.message_from_bytes(courier.mails()[-1].read_bytes())
    return next(p for p in mail.walk() if p.get_content_type() == "text/html").get_payload(decode=True).decode()


def test_a_theme_is_copied_changed_and_mailed(staffed: Workspace) -> None:
    copied = staffed.run("themes", "copy", "letter", "harbour")
    settings = staffed.folder / "themes" / "harbour" / "theme.toml"
    settings.write_text(settings.read_text("utf-8").replace("#7a3b12", "#0a5c36"), "utf-8")
    staffed.settings(SETTINGS + 'theme = "harbour"\n')

    assert copied.code == 0
    assert 'theme = "harbour"' in copied.out
    assert staffed.run("run", "morning").code == 0
    assert "#0a5c36" in page_of(staffed)


def test_a_copy_of_the_same_name_takes_the_themes_place(staffed: Workspace) -> None:
    staffed.run("themes", "copy", "broadsheet")
    page = staffed.folder / "themes" / "broadsheet" / "html.j2"
    page.write_text(
        page.read_text("utf-8").replace('<p class="end ink">', '<p class="end ink">Yours, the desk. '), "utf-8"
    )

    assert staffed.run("run", "morning").code == 0
    assert "Yours, the desk." in page_of(staffed)
    listed = {theme["name"]: theme for theme in staffed.run("themes", "list", "--json").json}
    assert listed["broadsheet"]["folder"] == str(page.parent)
    assert listed["broadsheet"]["newsletters"] == ["morning"]
    assert "(yours)" in staffed.run("themes", "list").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("tabloid", "mine"), "Known: briefing, broadsheet, letter"),
        (("letter", "../mine"), "cannot name a theme"),
        (("letter", "taken"), "is there already"),
    ],
)
def test_what_cannot_be_copied_is_told_and_nothing_is_written(
    courier: Workspace, words: tuple[str, str], told: str
) -> None:
    (courier.folder / "themes" / "taken").mkdir(parents=True)

    ran = courier.run("themes", "copy", *words)

    assert (ran.code != 0, told in ran.err) == (True, True), ran.err
    assert [path.name for path in (courier.folder / "themes").iterdir()] == ["taken"]


def test_a_fault_in_an_own_template_is_told_with_its_file_and_line(staffed: Workspace) -> None:
    staffed.run("themes", "copy", "letter", "harbour")
    page = staffed.folder / "themes" / "harbour" / "html.j2"
    page.write_text(page.read_text("utf-8").replace("{{ masthead.name }}", "{{ masthead.nmae }}"), "utf-8")
    line = next(n for n, text in enumerate(page.read_text("utf-8").splitlines(), start=1) if "nmae" in text)
    staffed.settings(SETTINGS + 'theme = "harbour"\n')

    ran = staffed.run("run", "morning")

    assert ran.code == 1
    assert f"{page}" in ran.err
    assert f"{line}" in ran.err
    assert staffed.mails() == []
