"""What is known on this machine of the Asterisk that reads a folder: its modules, and where its sounds are."""

from pathlib import Path

from dialplans.render import Lab
from telephony.config import Site
from telephony.errors import LabError
from telephony.places import var_of
from zhitong.cli.kept import is_held, run_of
from zhitong.lab.programs import Asterisk, find_asterisk


def default_folder(site_file: Path, site: Site) -> Path:
    """Where files are rendered to when nobody says; `zhitong pbx up` reads them there."""
    return var_of(site_file, site) / "asterisk"


def known_of(asterisk: Asterisk) -> Lab:
    """Of the Asterisk that `zhitong pbx up` runs."""
    return Lab(modules={module.stem for module in asterisk.modules.glob("*.so")}, data=asterisk.data)


def known_here(site_file: Path, site: Site, folder: Path) -> Lab | None:
    """What to render for the PBX that reads ``folder``; None where nothing is known of it, since it is elsewhere.

    Whoever renders the same site for the same folder must come to the same files: so all ask here.
    """
    if folder == default_folder(site_file, site) and is_held(run_of(site_file, site)):
        try:
            return known_of(find_asterisk())
        except LabError:  # it was taken away while it runs
            return None
    modules = Path(site.pbx.folders.modules)
    if modules.is_dir():
        return Lab(modules={module.stem for module in modules.glob("*.so")})
    return None
