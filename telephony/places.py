"""Where a site keeps its things, from the path of its site.toml."""

from pathlib import Path
from typing import NamedTuple

from telephony.site.site import Site


def var_of(site_file: Path, site: Site) -> Path:
    """The var directory: database, secrets, rendered files. Relative to the folder of site.toml."""
    return (site_file.parent / site.var).resolve()


def secrets_of(site_file: Path, site: Site) -> Path:
    """The file with the generated secrets."""
    return var_of(site_file, site) / "secrets.toml"


def figures_of(site_file: Path, site: Site) -> Path:
    """The folder of the daily figures, one file for each."""
    return var_of(site_file, site) / "figures"


def control_of(site_file: Path, site: Site) -> Path:
    """The Unix socket at which the running bridge takes commands."""
    return var_of(site_file, site) / "control.sock"


def recordings_of(site: Site) -> Path:
    """The PBX's recordings folder, which may be on another machine."""
    return Path(site.recording.folder or f"{site.pbx.folders.spool}/monitor")


def certificates_of(site_file: Path, site: Site) -> Path:
    """Where certificates of deletion are kept."""
    return var_of(site_file, site) / "certificates"


def database_url(site_file: Path, site: Site) -> str:
    """Where records and people are kept: ``[store] url``, or SQLite in the var directory."""
    return site.store.url or f"sqlite+aiosqlite:///{var_of(site_file, site) / 'zhitong.db'}"


def outbox_of(site_file: Path, site: Site) -> Path:
    """Where records wait while the database is away."""
    return var_of(site_file, site) / site.store.outbox


def remarks_of(site_file: Path, site: Site) -> Path:
    """Where remarks on calls wait, which are on disk before anything is told of them."""
    return var_of(site_file, site) / "remarks"


def runs_of(site_file: Path, site: Site) -> Path:
    """The file that counts the starts of the bridge."""
    return var_of(site_file, site) / "runs"


class Home(NamedTuple):
    """All that one bridge keeps: its database, its outbox, the count of its starts, the daily figures, remarks on their
    way to the database."""

    url: str
    outbox: Path
    runs: Path
    figures: Path
    remarks: Path


def home_of(site_file: Path, site: Site) -> Home:
    url, figures = database_url(site_file, site), figures_of(site_file, site)
    return Home(url, outbox_of(site_file, site), runs_of(site_file, site), figures, remarks_of(site_file, site))
