"""What users install: the four packages with their data files, and nothing else of this tree."""

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.house import committed_files

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("telephony", "agent_bridge", "zhitong", "dialplans")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this tree, built without network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return zipfile.ZipFile(file)


def test_it_holds_each_file_of_the_packages_and_no_other(wheel: zipfile.ZipFile) -> None:
    ours = {path.relative_to(ROOT).as_posix() for path in committed_files(ROOT)}
    wanted = {name for name in ours if name.split("/")[0] in PACKAGES}
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == wanted


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_typed(wheel: zipfile.ZipFile, package: str) -> None:
    assert f"{package}/py.typed" in wheel.namelist()


def test_it_brings_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    scripts = configparser.ConfigParser()
    scripts.read_string(wheel.read(entry_points).decode())
    assert dict(scripts["console_scripts"]) == {"zhitong": "zhitong.cli.main:main"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())


def test_packages_import_nothing_on_their_own(wheel: zipfile.ZipFile) -> None:
    """An `__init__.py` with an import would make every import of a part an import of the whole."""
    inits = [name for name in wheel.namelist() if name.endswith("__init__.py")]
    guilty = [name for name in inits if "import " in wheel.read(name).decode()]
    assert inits
    assert guilty == []
