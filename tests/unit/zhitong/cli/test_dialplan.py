"""``zhitong dialplan``: render, check, diff, as a person meets them. What is rendered: tests/unit/dialplans."""

import json
import re
import stat
import tomllib
from pathlib import Path

import pytest

from dialplans.prompts import sentences
from tests.unit.dialplans.speech.test_check import a_wav
from tests.unit.zhitong.cli.conftest import Terminal

AGENTS = "number,name,queues\n1001,张三,citizens\n1002,李四,policy\n"


@pytest.fixture
def desk(terminal: Terminal) -> Terminal:
    """A site with two agents."""
    file = terminal.folder / "agents.csv"
    file.write_text(AGENTS, encoding="utf-8")
    terminal.zhitong("agents", "import", file)
    return terminal


def secrets(desk: Terminal) -> list[str]:
    """Every secret of the site."""
    said = tomllib.loads((desk.folder / "var" / "secrets.toml").read_text(encoding="utf-8"))
    return [said["ami"], *said["phones"].values()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def spoil(desk: Terminal, old: str, new: str) -> None:
    text = desk.site_file.read_text(encoding="utf-8")
    assert old in text
    desk.site_file.write_text(text.replace(old, new), encoding="utf-8")


def everything(folder: Path) -> dict[str, bytes]:
    """All files but the database, whose own files come and go."""
    found = [path for path in folder.rglob("*") if path.is_file() and "zhitong.db" not in path.name]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


# --- render -------------------------------------------------------------------------------------------------------


def test_render_without_a_word_goes_into_the_var_directory(desk: Terminal) -> None:
    said = desk.zhitong("dialplan", "render")
    assert said.status == 0
    folder = desk.folder / "var" / "asterisk"
    count = len(list(folder.glob("*.conf")))
    assert f"已写入 {count} 个文件" in said.out
    assert "2 agents" in said.out
    assert "[1001]" in (folder / "pjsip.conf").read_text(encoding="utf-8")


def test_what_holds_secrets_is_its_owners_alone(desk: Terminal) -> None:
    desk.zhitong("dialplan", "render", desk.folder / "etc")
    files = [desk.folder / "var" / "secrets.toml", *(desk.folder / "etc").iterdir()]
    for file in files:
        holds = any(secret in file.read_text(encoding="utf-8") for secret in secrets(desk))
        assert mode(file) == (0o600 if holds else 0o644), file


def test_no_secret_is_shown(desk: Terminal) -> None:
    said = desk.zhitong("dialplan", "render")
    said_again = desk.zhitong("dialplan", "check")
    for secret in secrets(desk):
        assert secret not in said.both + said_again.both


def test_secrets_stay_when_rendered_again(desk: Terminal) -> None:
    desk.zhitong("dialplan", "render")
    before = secrets(desk)
    assert len(set(before)) == 3
    desk.zhitong("dialplan", "render")
    assert secrets(desk) == before


def test_agents_of_a_file_instead_of_the_directory(desk: Terminal) -> None:
    file = desk.folder / "others.csv"
    file.write_text("number,name,queues\n2001,王五,citizens\n", encoding="utf-8")
    desk.zhitong("dialplan", "render", desk.folder / "etc", "--agents", file)
    pjsip = (desk.folder / "etc" / "pjsip.conf").read_text(encoding="utf-8")
    assert "[2001]" in pjsip
    assert "[1001]" not in pjsip


def test_include_mode_writes_files_of_its_own_names(desk: Terminal) -> None:
    etc = desk.folder / "etc"
    etc.mkdir()
    (etc / "extensions.conf").write_text("[mine]\n", encoding="utf-8")
    said = desk.zhitong("dialplan", "render", etc, "--mode", "include")
    assert said.status == 0
    assert "#include" in said.out
    names = {path.name for path in etc.iterdir()} - {"extensions.conf"}
    assert {"zhitong-extensions.conf", "zhitong-queues.conf", "zhitong-pjsip.conf", "zhitong-manager.conf"} <= names
    assert all(name.startswith("zhitong-") for name in names)
    assert (etc / "extensions.conf").read_text(encoding="utf-8") == "[mine]\n"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('name = "policy"', 'name = "policy"\ntimeout = 20', "queue[1]"),  # an unknown key
        ('name = "policy"', 'name = "policy"\ntimeout_s = "x"', "queue[1].timeout_s"),
        ('name = "policy"', 'name = "citizens"', "queue[1].name"),
        ('hosts = ["192.0.2.1"]', 'hosts = ["a b"]', "trunk[0].hosts"),
        ('name = "policy"', 'name = "policy"\noverflow = "agent:1999"', "queue[1].overflow"),
    ],
)
def test_nothing_is_written_when_the_site_has_an_error(desk: Terminal, old: str, new: str, named: str) -> None:
    spoil(desk, old, new)
    before = everything(desk.folder)
    said = desk.zhitong("dialplan", "render")
    assert said.status == 1
    assert named in said.err
    assert everything(desk.folder) == before


def test_nothing_is_written_when_an_agent_has_an_error(desk: Terminal) -> None:
    file = desk.folder / "wrong.csv"
    file.write_text("number,name,queues\n1001,张三,nosuch\n", encoding="utf-8")
    before = everything(desk.folder)
    said = desk.zhitong("dialplan", "render", "--agents", file)
    assert said.status == 1
    assert "nosuch" in said.err
    assert everything(desk.folder) == before


def test_secrets_that_others_may_read_are_refused(desk: Terminal) -> None:
    desk.zhitong("dialplan", "render")
    (desk.folder / "var" / "secrets.toml").chmod(0o644)
    said = desk.zhitong("dialplan", "render")
    assert said.status == 1
    assert "chmod 600" in said.err


def test_a_folder_that_cannot_be_made_is_named(desk: Terminal) -> None:
    (desk.folder / "file").touch()
    said = desk.zhitong("dialplan", "render", desk.folder / "file" / "etc")
    assert said.status == 1
    assert str(desk.folder / "file") in said.err


# --- check --------------------------------------------------------------------------------------------------------


def test_check_of_a_site_in_order(desk: Terminal) -> None:
    said = desk.zhitong("dialplan", "check")
    assert said.status == 0
    assert "没有发现问题" in said.out
    assert json.loads(desk.zhitong("dialplan", "check", "--json").out) == []


def test_check_and_diff_write_nothing(desk: Terminal) -> None:
    before = everything(desk.folder)
    desk.zhitong("dialplan", "check")
    desk.zhitong("dialplan", "diff")
    assert everything(desk.folder) == before


def test_a_warning_is_no_error(desk: Terminal) -> None:
    spoil(desk, 'name = "policy"', 'name = "empty"\n\n[[queue]]\nname = "policy"')
    said = desk.zhitong("dialplan", "check")
    assert said.status == 0
    assert "警告 warning site.toml:12: queue[1]: 队列没有坐席。no agent answers queue 'empty'" in said.out


def test_an_error_has_a_status_a_place_and_a_remedy(desk: Terminal) -> None:
    spoil(desk, 'name = "policy"', 'name = "policy"\noverflow = "agent:1999"')
    said = desk.zhitong("dialplan", "check")
    assert said.status == 1
    assert "错误 error site.toml:14: queue[1].overflow: 目标坐席不存在。there is no agent 1999. Name one" in said.out
    (finding,) = json.loads(desk.zhitong("dialplan", "check", "--json").out)
    assert finding == {
        "where": "site.toml:14: queue[1].overflow",
        "what": "there is no agent 1999.",
        "remedy": "Name one of the list, or another target.",
        "level": "error",
        "rule": "agent-target",
    }


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        (
            'name = "policy"',
            'name = "policy"\ntimeout = 20',
            "site.toml:14: queue[1].timeout",
            "Did you mean timeout_s?",
        ),
        (
            'name = "policy"',
            'name = "citizens"',
            "site.toml:13: queue[1].name",
            "'citizens' is taken by queue[0].name.",
        ),
        ('name = "policy"', 'name = "p"\ntimeout_s = 0', "site.toml:14: queue[1].timeout_s", "not allowed: 0."),
        ("[[queue]]", "[[queue", "site.toml:9", "this is not TOML"),
    ],
)
def test_a_site_that_cannot_be_read_is_a_finding_with_its_line(
    desk: Terminal, old: str, new: str, where: str, words: str
) -> None:
    spoil(desk, old, new)
    assert desk.zhitong("dialplan", "check").status == 1
    found = json.loads(desk.zhitong("dialplan", "check", "--json").out)
    assert found[0]["where"] == where
    assert words in f"{found[0]['what']} {found[0]['remedy']}"
    assert found[0]["rule"] == "site-unreadable"


def test_the_folder_of_another_pbx_is_checked_without_a_site(desk: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = desk.folder / "theirs"
    theirs.mkdir()
    (theirs / "extensions.conf").write_text("[in]\nexten => _.,1,Hangup()\n#include more.conf\n", encoding="utf-8")
    monkeypatch.chdir(theirs)
    monkeypatch.delenv("ZHITONG_SITE")
    said = desk.zhitong("dialplan", "check", theirs)
    assert said.status == 1
    assert "警告 warning extensions.conf:2: 模式吞掉 h、i、s、t。'_.' in 'in' matches h, i, s, t too" in said.out
    assert "错误 error extensions.conf:3: 引用的文件不存在。" in said.out
    assert "1 error, 1 warning." in said.out


def test_check_of_files_that_lead_nowhere(desk: Terminal) -> None:
    etc = desk.folder / "etc"
    desk.zhitong("dialplan", "render", etc)
    assert desk.zhitong("dialplan", "check", etc).status == 0
    plan = etc / "extensions.conf"
    text = plan.read_text(encoding="utf-8")
    broken = re.sub(r"(?m)^\[zt-queue-citizens\]$", "[elsewhere]", text)
    assert broken != text
    plan.write_text(broken, encoding="utf-8")
    said = desk.zhitong("dialplan", "check", etc)
    assert said.status == 1
    assert "zt-queue-citizens" in said.out
    assert "extensions.conf:" in said.out


@pytest.mark.parametrize("folder", ["nosuch", "empty", "site.toml"])
def test_a_mistyped_folder_does_not_pass(desk: Terminal, folder: str) -> None:
    (desk.folder / "empty").mkdir()
    said = desk.zhitong("dialplan", "check", desk.folder / folder)
    assert said.status == 1
    assert str(desk.folder / folder) in said.err


def test_prompts_that_are_not_there(desk: Terminal) -> None:
    said = desk.zhitong("dialplan", "check", "--sounds", desk.folder)
    assert said.status == 1
    assert "zt/closed" in said.out


def test_what_the_rendered_dialplan_plays_must_be_there_too(desk: Terminal) -> None:
    """All sentences of site.toml are there; a second of silence, which extensions.conf names, is not."""
    sounds = desk.folder / "data" / "sounds"
    for sentence in sentences():
        a_wav(sounds / "zh" / f"{sentence.sound}.wav")
    (desk.folder / "data" / "moh").mkdir()
    a_wav(desk.folder / "data" / "moh" / "a.wav")
    with desk.site_file.open("a", encoding="utf-8") as site:
        site.write(f'\n[pbx.folders]\ndata = "{sounds.parent}"\n')
    said = desk.zhitong("dialplan", "check")
    assert said.status == 1
    assert re.search(r"extensions\.conf:\d+: the sound 'silence/1' has no file", said.out)
    a_wav(sounds / "en" / "silence" / "1.wav")
    assert desk.zhitong("dialplan", "check").status == 0


def test_sounds_that_are_on_another_machine_are_said_to_be_unchecked(desk: Terminal) -> None:
    with desk.site_file.open("a", encoding="utf-8") as site:
        site.write('\n[pbx.folders]\ndata = "/nowhere/asterisk"\n')
    said = desk.zhitong("dialplan", "check")
    assert said.status == 0
    assert "语音未检查" in said.out


# --- diff ---------------------------------------------------------------------------------------------------------


def test_no_difference_after_render(desk: Terminal) -> None:
    desk.zhitong("dialplan", "render")
    said = desk.zhitong("dialplan", "diff")
    assert said.status == 0
    assert "没有差别" in said.out
    assert json.loads(desk.zhitong("dialplan", "diff", "--json").out) == []


def test_a_difference_has_a_status_and_is_shown(desk: Terminal) -> None:
    desk.zhitong("dialplan", "render")
    spoil(desk, 'name = "policy"', 'name = "policy"\ntimeout_s = 33')
    said = desk.zhitong("dialplan", "diff")
    assert said.status == 1
    assert "改动 changed queues.conf" in said.out
    assert "-timeout = 20" in said.out.splitlines()
    assert "+timeout = 33" in said.out.splitlines()
    (change,) = json.loads(desk.zhitong("dialplan", "diff", "--json").out)
    assert (change["name"], change["change"]) == ("queues.conf", "changed")


def test_diff_shows_no_secret(desk: Terminal) -> None:
    desk.zhitong("dialplan", "render")
    before = secrets(desk)
    file = desk.folder / "more.csv"
    file.write_text(AGENTS + "1003,王五,policy\n", encoding="utf-8")
    pjsip = desk.folder / "var" / "asterisk" / "pjsip.conf"
    pjsip.write_text(
        pjsip.read_text(encoding="utf-8").replace(before[1], "thePasswordThatStandsThere"), encoding="utf-8"
    )
    for words in ((), ("--json",)):
        said = desk.zhitong("dialplan", "diff", "--agents", file, *words)
        assert said.status == 1
        assert "1003" in said.out
        for secret in (*secrets(desk), "thePasswordThatStandsThere"):
            assert secret not in said.both


def test_diff_against_an_empty_place(desk: Terminal) -> None:
    said = desk.zhitong("dialplan", "diff", desk.folder / "nosuch", "--mode", "include")
    assert said.status == 1
    assert "新增 added zhitong-extensions.conf" in said.out
    assert not (desk.folder / "nosuch").exists()
