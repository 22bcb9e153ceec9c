"""Where a site keeps its things."""

from pathlib import Path

import pytest

from telephony.config import parse_site
from telephony.places import database_url, secrets_of, var_of

SITE = 'name = "x"\nhotline = ["12345"]\n{more}\n[[queue]]\nname = "q"\n'


@pytest.mark.parametrize(
    ("more", "var"), [("", "/srv/site/var"), ('var = "data/here"', "/srv/site/data/here"), ('var = "/var/z"', "/var/z")]
)
def test_the_var_directory_is_beside_the_site_unless_it_is_absolute(more: str, var: str) -> None:
    site = parse_site(SITE.format(more=more))
    file = Path("/srv/site/site.toml")
    assert var_of(file, site) == Path(var)
    assert secrets_of(file, site) == Path(var, "secrets.toml")
    assert database_url(file, site) == f"sqlite+aiosqlite:///{var}/zhitong.db"


def test_a_relative_site_file_leads_to_an_absolute_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that changes its directory later must find the same database."""
    monkeypatch.chdir(tmp_path)
    site = parse_site(SITE.format(more=""))
    assert var_of(Path("site.toml"), site) == tmp_path.resolve() / "var"
    assert var_of(Path("../x/site.toml"), site) == tmp_path.resolve().parent / "x" / "var"


def test_a_database_elsewhere() -> None:
    site = parse_site(SITE.format(more="") + '[store]\nurl = "postgresql://db/zhitong"\n')
    assert database_url(Path("/srv/site/site.toml"), site) == "postgresql://db/zhitong"
    assert secrets_of(Path("/srv/site/site.toml"), site) == Path("/srv/site/var/secrets.toml")  # stays on this machine
