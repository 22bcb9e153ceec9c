"""Every relative link and anchor of every tracked page leads somewhere. The judge is judged first."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.unit.house import markdown

ROOT = Path(__file__).resolve().parents[3]


@cache
def tracked(root: Path) -> frozenset[Path]:
    """The files that git holds under ``root``, less those just deleted, and their folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    files = {path for name in listed.split("\0") if name and (path := root / name).is_file()}
    return frozenset(files | {folder for file in files for folder in file.parents})


def pages(root: Path) -> list[Path]:
    """The pages that git holds."""
    return sorted(path for path in tracked(root) if path.suffix == ".md")


def broken(page: Path, root: Path) -> Iterator[str]:
    """Each link of the page that leads nowhere, as ``file:line: what``."""
    for link in markdown.links(markdown.read(page)):
        where = f"{page.relative_to(root)}:{link.line}"
        target = (page.parent / link.path).resolve() if link.path else page
        if not target.is_relative_to(root) or target not in tracked(root):
            yield f"{where}: {link.path} is not in this repository"
        elif link.anchor and link.anchor not in anchors_of(target):
            yield f"{where}: {link.path or 'this page'} has no heading #{link.anchor}"


def anchors_of(target: Path) -> set[str]:
    """The anchors of a page, or of the README that is shown for a folder."""
    page = target / "README.md" if target.is_dir() else target
    return markdown.anchors(markdown.read(page)) if page.suffix == ".md" and page.is_file() else set()


# --- the repository ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken(page, ROOT)) == []


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_that_is_named_in_passing_is_there(page: Path) -> None:
    """``docs/architecture.md`` between backticks is no link, but it is a promise."""
    named = [span for span in markdown.code_spans(markdown.read(page)) if span.endswith(".md") and "/" in span]
    missing = [
        span for span in named if not any((base / span).resolve() in tracked(ROOT) for base in (ROOT, page.parent))
    ]
    assert missing == []


def test_the_index_of_docs_names_every_page_of_docs() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link.path).resolve() for link in markdown.links(markdown.read(index))}
    linked |= {path / "README.md" for path in linked if path.is_dir()}
    own = {path for path in pages(ROOT) if path.is_relative_to(index.parent) and path != index}
    decisions = {path for path in own if path.parent.name == "decisions"}  # they have an index of their own
    assert own - decisions - linked == set()


def test_the_index_of_decisions_names_every_decision() -> None:
    index = ROOT / "docs" / "decisions" / "README.md"
    linked = {(index.parent / link.path).resolve() for link in markdown.links(markdown.read(index))}
    assert {path for path in pages(ROOT) if path.parent == index.parent and path != index} - linked == set()


# --- the judge -----------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A repository with two pages, a picture and a folder with a page of its own."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for name, text in {
        "README.md": "# Top\n",
        "docs/other page.md": "# Other\n\n## Part 二\n\n## Part 二\n",
        "docs/README.md": "# Index\n",
        "docs/flow.png": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "untracked.md").write_text("# New\n")
    return tmp_path


def judged(site: Path, text: str) -> list[str]:
    (site / "README.md").write_text(f"# Top\n{text}\n", encoding="utf-8")
    return list(broken(site / "README.md", site))


@pytest.mark.parametrize(
    "text",
    [
        "[a](docs/other%20page.md) [b](<docs>) ![c](docs/flow.png)",
        "[a](docs/) and [b](./docs/README.md#index) and [c](docs#index)",
        "[a](docs/other%20page.md#part-二) [b](docs/other%20page.md#part-二-1)",
        "[`code [x](y)`](#top)",
        '[a](docs "a title") <img src="docs/flow.png" alt="">',
        "[a]: docs/README.md",
        "[web](https://example.test/nowhere.md) [mail](mailto:a@example.test) [cdn](//example.test/a)",
        "`[no](link.md)` and ``[no](`link`.md)``",
        "```\n[no](link.md)\n```",
        "~~~sh\n```\n[no](link.md)\n~~~",
        "| [a](docs) | `[b](c.md)` |",
    ],
)
def test_a_good_link_is_let_be(site: Path, text: str) -> None:
    assert judged(site, text) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[a](docs/none.md)", "README.md:2: docs/none.md is not in this repository"),
        ("\n[a](Docs/README.md)", "README.md:3: Docs/README.md is not in this repository"),
        ("[a](untracked.md)", "README.md:2: untracked.md is not in this repository"),
        ("[a](../outside.md)", "README.md:2: ../outside.md is not in this repository"),
        ("[a](/docs/README.md)", "README.md:2: /docs/README.md is not in this repository"),
        ("[a](#nowhere)", "README.md:2: this page has no heading #nowhere"),
        ("[a](docs/other%20page.md#part)", "README.md:2: docs/other page.md has no heading #part"),
        ("[a](docs/other%20page.md#part-二-2)", "README.md:2: docs/other page.md has no heading #part-二-2"),
        ("[a](docs#other)", "README.md:2: docs has no heading #other"),
        ("[a](docs/flow.png#top)", "README.md:2: docs/flow.png has no heading #top"),
        ("[`x`](none.md)", "README.md:2: none.md is not in this repository"),
        ("[[1]](none.md)", "README.md:2: none.md is not in this repository"),
        ("![a](none.png)", "README.md:2: none.png is not in this repository"),
        ('<a href="none.md">x</a>', "README.md:2: none.md is not in this repository"),
        ("[a]: none.md", "README.md:2: none.md is not in this repository"),
        ("```\n```\n[a](none.md)", "README.md:4: none.md is not in this repository"),
        ("`one` [a](none.md) `two`", "README.md:2: none.md is not in this repository"),
    ],
)
def test_a_broken_link_is_named_with_its_place(site: Path, text: str, what: str) -> None:
    assert judged(site, text) == [what]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Who hung up?", "who-hung-up"),
        ("`zhitong serve`: the bridge", "zhitong-serve-the-bridge"),
        ("两种方式 two ways", "两种方式-two-ways"),
        ("Asterisk 20.11+ / 22.1+", "asterisk-2011--221"),
        ("A [link](there.md) inside", "a-link-inside"),
        ("site.toml, step by step", "sitetoml-step-by-step"),
        ("snake_case – and dashes", "snake_case--and-dashes"),
        ("（一）通话记录", "一通话记录"),
    ],
)
def test_anchors_are_named_as_github_names_them(heading: str, name: str) -> None:
    assert markdown.anchors(markdown.parse(f"## {heading} ##\n")) == {name}


def test_a_heading_in_code_is_none() -> None:
    page = markdown.parse("# One\n```sh\n# a comment\n```\n## Two\n")
    assert markdown.headings(page) == ["One", "Two"]
    assert page.blocks == (markdown.Block("sh", "# a comment"),)


def test_a_block_that_is_never_closed_reaches_to_the_end() -> None:
    assert markdown.parse("a\n```\nb\n").blocks == (markdown.Block("", "b"),)
