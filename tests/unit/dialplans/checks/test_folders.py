"""Folders of PBXs that others have configured, with the sins that are usual there: which are found, and where.

The folders are written by hand after FreePBX's files, and after what stands in many cellars since 2011.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplans.check import check_files, read_folder
from dialplans.findings import Level

FOLDERS = Path(__file__).parents[1] / "folders"

FREEPBX = {
    ("toll-fraud", "extensions_additional.conf:35"),
    ("no-context", "extensions_additional.conf:60"),
    ("no-target", "extensions_additional.conf:66"),
    ("no-context", "extensions_custom.conf:2"),
    ("swallows", "extensions_custom.conf:6"),
    ("no-target", "extensions_custom.conf:7"),
    ("include-missing", "extensions_custom.conf:9"),
    ("log-digits", "logger_logfiles_additional.conf:1"),
    ("weak-secret", "manager.conf:7"),
    ("ami-mighty", "manager.conf:11"),
    ("include-missing", "manager_custom.conf:1"),
    ("weak-secret", "pjsip.auth.conf:5"),
    ("trunk-by-name", "pjsip.endpoint.conf:1"),
    ("anonymous", "pjsip.endpoint.conf:17"),
    ("endpoint-context", "pjsip.endpoint.conf:19"),
    ("section-missing", "pjsip_custom.conf:1"),
    ("member-blind", "queues_additional.conf:6"),
    ("include-missing", "queues_post_custom.conf:1"),
}

HANDMADE = {
    ("cel-digits", "cel.conf:3"),
    ("no-target", "departments/housing.conf:3"),
    ("include-missing", "extensions.conf:5"),
    ("priority-missing", "extensions.conf:16"),
    ("gone", "extensions.conf:17"),
    ("disa", "extensions.conf:19"),
    ("shell", "extensions.conf:24"),
    ("toll-fraud", "extensions.conf:28"),
    ("caller-transfers", "extensions.conf:28"),
    ("gone", "extensions.conf:28"),
    ("overlap", "extensions.conf:29"),
    ("overlap", "extensions.conf:30"),
    ("autopause", "queues.conf:5"),
    ("ringinuse", "queues.conf:7"),
    ("exit-context", "queues.conf:10"),
    ("rest-is-empty", "queues.conf:11"),
    ("section-missing", "queues.conf:13"),
    ("ringinuse", "queues.conf:13"),
    ("loose-rtp", "rtp.conf:4"),
    ("gone", "sip.conf"),
    ("anonymous", "sip.conf:1"),
    ("weak-secret", "sip.conf:11"),
}


@pytest.mark.parametrize(("folder", "sins"), [("freepbx", FREEPBX), ("handmade", HANDMADE)])
def test_the_usual_sins_are_found_and_nothing_else(folder: str, sins: set[tuple[str, str]]) -> None:
    found = check_files(read_folder(FOLDERS / folder))
    assert {(finding.rule, finding.where) for finding in found} == sins
    assert all(finding.what and finding.remedy for finding in found)


def test_what_costs_money_is_an_error_in_contexts_of_others_too() -> None:
    found = check_files(read_folder(FOLDERS / "handmade"))
    grave = {"toll-fraud", "disa", "shell", "caller-transfers", "weak-secret", "anonymous"}
    assert {finding.level for finding in found if finding.rule in grave} == {Level.ERROR}


@pytest.mark.parametrize(
    "text", ["", "[", "[a", "[a](", "#include", "=", "exten =>", "[a]\nexten => ,,\nsame =>\n", ";--", "\x00\ufffd"]
)
def test_no_text_breaks_the_check(text: str) -> None:
    names = ("extensions", "queues", "pjsip", "sip", "manager", "logger", "cel", "rtp", "asterisk", "http")
    check_files({f"{name}.conf": text for name in names})


_PIECES = st.sampled_from(
    [
        "[a]",
        "[a](!)",
        "[b](a)",
        "[a](+)",
        "exten => _X.,1,Goto(",
        "same => n,",
        "include => a",
        "#include q.conf",
        ";--",
        "--;",
        "type=endpoint",
        "member => Local/1,,",
        "context=a",
        "exten => _[9-0].,1,Dial(${EXTEN},,T)",
        "rtpend=x",
        "\n",
    ]
)


@given(st.lists(_PIECES, max_size=12).map("\n".join), st.lists(_PIECES, max_size=6).map("".join))
def test_no_files_break_the_check(one: str, other: str) -> None:
    files = {"extensions.conf": one, "q.conf": other, "queues.conf": one, "pjsip.conf": other, "rtp.conf": one}
    check_files(files | {"manager.conf": other, "logger.conf": one})
