"""Where a site keeps its things, from the path of its site.toml."""

from pathlib import Path

from telephony.config import Site


def var_of(site_file: Path, site: Site) -> Path:
    """The var directory: database, secrets, rendered files. Relative to the folder of site.toml."""
    return (site_file.parent / site.var).resolve()


def secrets_of(site_file: Path, site: Site) -> Path:
    """The file with the generated secrets."""
    return var_of(site_file, site) / "secrets.toml"


def control_of(site_file: Path, site: Site) -> Path:
    """The Unix socket at which the running bridge takes commands."""
    return var_of(site_file, site) / "control.sock"


def database_url(site_file: Path, site: Site) -> str:
    """Where records and people are kept: ``[store] url``, or SQLite in the var directory."""
    return site.store.url or f"sqlite+aiosqlite:///{var_of(site_file, site) / 'zhitong.db'}"
