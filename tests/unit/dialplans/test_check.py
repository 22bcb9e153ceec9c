"""Checks find what is broken on purpose, and nothing in what we render ourselves."""

import wave
from pathlib import Path

import pytest

from dialplans.check import check_files, check_site, read_folder
from dialplans.findings import Finding, Level
from dialplans.render import Mode, render, write
from telephony.config import parse_site
from telephony.secrets import Secrets
from tests.unit.dialplans.sites import BASE, FULL, HEARD, TOLD, TOLD_WHOLE, agents, rendered, sample, secrets_for


@pytest.mark.parametrize(
    "text", [BASE, FULL, TOLD, TOLD_WHOLE, FULL.replace("[recording]", '[agents]\nsign_in = "always"\n[recording]')]
)
@pytest.mark.parametrize("mode", list(Mode))
def test_what_we_render_has_no_fault(text: str, mode: Mode) -> None:
    assert check_files(rendered(text, mode=mode)) == []


@pytest.mark.parametrize("name", ["city", "two-phones"])
def test_the_samples_have_no_fault(name: str) -> None:
    site, people = sample(name)
    assert check_site(site, people) == []
    for mode in Mode:
        assert check_files(render(site, people, secrets_for(people), mode=mode, heard=HEARD)) == []


def broken(file: str, old: str, new: str) -> list[Finding]:
    """Findings after one change to the rendered files."""
    files = rendered(FULL.replace("[recording]", '[agents]\nsign_in = "always"\n[recording]'))
    assert old in files[file], "the change must change something"
    return check_files({**files, file: files[file].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Goto(zt-queue-duty,s,1)", "Goto(zt-queue-nobody,s,1)", "Goto leads to 'zt-queue-nobody,s,1'"),
        ("Goto(zt-transfer,1001,1)", "Goto(zt-transfer,1009,1)", "Goto leads to 'zt-transfer,1009,1'"),
        ("Gosub(zt-left,s,1(", "Gosub(zt-left,s,9(", "Gosub leads to 'zt-left,s,9("),
        ("[zt-say]", "[zt-said]", "Gosub leads to 'zt-say,s,1("),
        ('"="CONTINUE"]?done)', '"="CONTINUE"]?gone)', "GotoIf leads to 'gone'"),
        ("?zt-refuse,${ZT_SHUT},1)", "?zt-refuse,shut,1)", "GotoIf leads to 'zt-refuse,shut,1'"),
        ("?:failed,1)", "?:lost,1)", "GotoIf leads to 'lost,1'"),
        ("Goto(zt-bye,${ZT_STATUS},1)", "Goto(zt-farewell,${ZT_STATUS},1)", "leads to 'zt-farewell,"),
        ("Queue(duty,", "Queue(nobody,", "Queue names queue 'nobody'"),
        (" same => n,Return()", "same n,Return()", "no line of a dialplan"),
    ],
)
def test_a_call_that_would_end_without_a_word_is_found(old: str, new: str, words: str) -> None:
    findings = broken("extensions.conf", old, new)
    assert [finding for finding in findings if words in finding.what]
    assert all(finding.where.startswith("extensions.conf:") for finding in findings)
    assert all(finding.level is Level.ERROR for finding in findings)


def test_the_line_is_the_line(tmp_path: Path) -> None:
    (finding,) = broken("extensions.conf", "Goto(zt-transfer,1002,1)", "Goto(zt-transfer,1009,1)")
    line = int(finding.where.partition(":")[2])
    text = rendered(FULL.replace("[recording]", '[agents]\nsign_in = "always"\n[recording]'))["extensions.conf"]
    assert "Goto(zt-transfer,1002,1)" in text.split("\n")[line - 1]
    assert str(finding).startswith(f"extensions.conf:{line}: error: ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "context = zt-queue-hotline",
            "context = zt-queue-nobody",
            "the exit context 'zt-queue-nobody' does not exist",
        ),
        ("member => PJSIP/1001,", "member => PJSIP/1009,", "member '1009' has no endpoint"),
        ("joinempty = unavailable,", "joinempty = paused,unavailable,", "joinempty counts an agent at rest"),
        ("leavewhenempty = unavailable,", "leavewhenempty = wrapup,", "leavewhenempty counts an agent at rest"),
    ],
)
def test_a_queue_that_would_misbehave_is_found(old: str, new: str, words: str) -> None:
    findings = broken("queues.conf", old, new)
    assert [finding for finding in findings if words in finding.what and finding.where.startswith("queues.conf:")]


@pytest.mark.parametrize("exten", ["12", "_.", "_X", "_!", "a"])
def test_an_exit_that_is_no_single_key_is_found(exten: str) -> None:
    findings = broken("extensions.conf", "exten => 3,1,", f"exten => {exten},1,")
    assert [finding for finding in findings if f"the exit {exten!r}" in finding.what]


def test_a_folder_of_another_hand_is_checked_as_it_stands(tmp_path: Path) -> None:
    write(tmp_path, rendered())
    (tmp_path / "queues.conf").write_text("[hotline]\ncontext=from-queue\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a file of Asterisk's", encoding="utf-8")
    findings = check_files(read_folder(tmp_path))
    assert [finding.where for finding in findings if finding.level is Level.ERROR] == ["queues.conf:2"]
    assert all(finding.where.startswith("queues.conf:") for finding in findings)


def test_contexts_of_others_are_judged_mildly() -> None:
    files = rendered()
    files["extensions.conf"] += "[from-pstn]\nexten => s,1,Goto(nowhere,s,1)\n"
    assert [(finding.rule, finding.level) for finding in check_files(files)] == [("no-target", Level.WARNING)]


def test_files_are_read_with_what_they_include(tmp_path: Path) -> None:
    for name, text in {
        "extensions.conf": "[a]\nexten => 1,1,Hangup()\n#include plans/*.conf\n#include /etc/asterisk/more.conf\n",
        "plans/b.conf": "[b]\nexten => 1,1,Goto(nowhere,s,1)\n",
        "more.conf": "[c]\nexten => 1,1,Goto(b,1,1)\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [finding.where for finding in check_files(read_folder(tmp_path))] == ["plans/b.conf:2"]


# --- a site before it is rendered -----------------------------------------------------------------------------------


def site_findings(more: str, numbers: tuple[str, ...] = ("1001", "1002")) -> list[str]:
    return [str(finding) for finding in check_site(parse_site(BASE + more), agents(*numbers))]


def test_a_target_that_is_no_agent_is_found() -> None:
    (finding,) = site_findings('overflow = "agent:1009"')
    assert finding.startswith("site.toml: queue[0].overflow: error: there is no agent 1009.")
    (finding,) = site_findings('exits = { 1 = "agent:1009" }')
    assert finding.startswith("site.toml: queue[0].exits.1: error:")
    assert site_findings('overflow = "agent:1001"') == []


def test_announcements_nobody_hears_are_found() -> None:
    at_agent = BASE.replace("[[queue]]", 'answer = "at-agent"\n[[queue]]') + "position = true\nmax_wait_s = 60"
    (finding,) = check_site(parse_site(at_agent), agents("1001"))
    assert "warning: callers of trunk carrier hear nothing before the answer" in str(finding)
    heard = at_agent.replace("[[queue]]", "early_media = true\n[[queue]]")
    assert check_site(parse_site(heard), agents("1001")) == []
    assert site_findings("position = true") == []


def test_a_queue_nobody_answers_is_found() -> None:
    (finding,) = site_findings('[[queue]]\nname = "lonely"')
    assert "no agent answers queue 'lonely'" in finding


def test_agents_that_cannot_be_rendered_are_found() -> None:
    findings = [str(finding) for finding in check_site(parse_site(BASE), agents("12345"))]
    assert [finding for finding in findings if "the number is that of the hotline" in finding]


def a_wav(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * round(8000 * seconds))


def test_music_without_a_file_is_found(tmp_path: Path) -> None:
    site = parse_site(BASE + 'music = "city"')

    def found() -> list[str]:
        sounds = tmp_path / "sounds"
        return [finding.where for finding in check_site(site, agents("1001"), sounds) if "music" in finding.where]

    assert found() == ["site.toml: queue[0].music"]
    (tmp_path / "moh" / "city").mkdir(parents=True)
    assert found() == ["site.toml: queue[0].music"]
    a_wav(tmp_path / "moh" / "city" / "a.wav", 1)
    assert found() == []


def test_a_site_without_agents_is_no_error() -> None:
    """Sign-in looks whether the phone is known (DIALPLAN_EXISTS) before it goes where nobody is yet."""
    site = parse_site('name = "x"\nhotline = ["12345"]\n[[queue]]\nname = "service"\n')
    files = render(site, [], Secrets(ami="a" * 32))
    assert [finding for finding in check_files(files) if finding.level is Level.ERROR] == []


def test_an_include_line_is_a_line_of_a_dialplan() -> None:
    files = {"extensions.conf": '[general]\n#include "zhitong-extensions.conf"\n#tryinclude extra.conf\n'}
    assert check_files(files | {"zhitong-extensions.conf": ""}) == []


@pytest.mark.parametrize(
    ("recorded", "name", "warned"),
    [
        (True, "a.gsm", True),
        (True, "a.alaw", True),
        (True, "a.wav", False),
        (True, "a.sln", False),
        (False, "a.gsm", False),
    ],
)
def test_music_that_would_spoil_recordings_is_found(tmp_path: Path, recorded: bool, name: str, warned: bool) -> None:
    site = parse_site(BASE + 'music = "city"\n' + "[recording]\non = true\nkeep_days = 1\n" * recorded)
    folder = tmp_path / "moh" / "city"
    folder.mkdir(parents=True)
    (folder / "LICENSE").write_text("free")
    (folder / name).write_bytes(b"x")
    found = [each for each in check_site(site, agents("1001"), tmp_path / "sounds") if "music" in each.where]
    assert [(each.where, each.level) for each in found] == [("site.toml: queue[0].music", Level.WARNING)] * warned
    assert all(name in each.what for each in found)
