"""`make setup`: what makes it work anew, and how it gets pip without ensurepip. Without network."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pip
import pytest

from tools import setup_venv

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, in a folder with a space and Chinese in its name."""
    root = tmp_path / "直通 copy"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "dev.lock").write_text("one==1\n")
    shutil.copy(ROOT / "pyproject.toml", root)
    monkeypatch.setattr(setup_venv, "ROOT", root)
    monkeypatch.setattr(setup_venv, "LOCK", root / "requirements" / "dev.lock")
    monkeypatch.setattr(setup_venv, "VENV", root / ".venv")
    monkeypatch.setattr(setup_venv, "VENV_PYTHON", root / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup_venv, "STAMP", root / ".venv" / "zhitong-setup")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


@pytest.fixture
def pip_wheel(tmp_path: Path) -> Path:
    """The pip that is installed here, packed as a wheel again."""
    package = Path(pip.__file__).parent
    metadata = package.parent / f"pip-{pip.__version__}.dist-info"
    wheel = tmp_path / "wheels" / f"pip-{pip.__version__}-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        for folder in (package, metadata):
            for file in folder.rglob("*"):
                if file.is_file() and file.suffix != ".pyc":
                    archive.write(file, file.relative_to(package.parent))
    return wheel


def lay_pretended_venv(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets lay_venv run with its three steps written down instead of done."""
    steps: list[str] = []

    def make_venv() -> None:
        steps.append("venv")
        setup_venv.VENV_PYTHON.parent.mkdir(parents=True)
        setup_venv.VENV_PYTHON.touch()

    monkeypatch.setattr(setup_venv, "has_pip", setup_venv.VENV_PYTHON.exists)
    monkeypatch.setattr(setup_venv, "make_venv", make_venv)
    monkeypatch.setattr(setup_venv, "pip", lambda *words: steps.append("project" if "--editable" in words else "lock"))
    return steps


def test_the_second_run_does_nothing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = lay_pretended_venv(monkeypatch)
    setup_venv.lay_venv()
    assert steps == ["venv", "lock", "project"]
    setup_venv.lay_venv()
    assert steps == ["venv", "lock", "project"]


def test_a_new_lock_is_installed_into_the_same_venv(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = lay_pretended_venv(monkeypatch)
    setup_venv.lay_venv()
    setup_venv.LOCK.write_text("one==2\n")
    setup_venv.lay_venv()
    assert steps == ["venv", "lock", "project", "lock", "project"]


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ('target-version = "py311"', 'target-version = "py312"', False),
        ('"zhitong.cli.main:main"', '"zhitong.cli.other:main"', True),
        ('version = "0.1.0"', 'version = "0.1.1"', True),
    ],
)
def test_only_what_is_installed_counts_of_pyproject(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, again: bool
) -> None:
    steps = lay_pretended_venv(monkeypatch)
    setup_venv.lay_venv()
    project = checkout / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    assert old in text
    project.write_text(text.replace(old, new), encoding="utf-8")
    setup_venv.lay_venv()
    assert steps.count("project") == (2 if again else 1)


def test_a_broken_off_install_is_done_anew(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_pretended_venv(monkeypatch)

    def fail(*words: str) -> None:
        raise setup_venv.SetupError("no network")

    monkeypatch.setattr(setup_venv, "pip", fail)
    with pytest.raises(setup_venv.SetupError):
        setup_venv.lay_venv()
    assert not setup_venv.STAMP.exists()


def test_a_moved_checkout_is_laid_anew(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = setup_venv.stamp_of_now()
    monkeypatch.setattr(setup_venv, "VENV", checkout / "elsewhere")
    assert setup_venv.stamp_of_now() != here


def test_without_ensurepip_the_pip_of_a_wheel_is_used(
    checkout: Path, pip_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(setup_venv, "SYSTEM", pip_wheel.parent)
    monkeypatch.setattr(setup_venv, "WHEELS", Path())
    assert not setup_venv.has_pip()
    setup_venv.make_venv()
    assert setup_venv.has_pip()
    asked = [str(setup_venv.VENV_PYTHON), "-m", "pip", "--version"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"pip {pip.__version__} from {checkout}/.venv/")


def test_a_venv_that_was_copied_from_elsewhere_is_not_trusted(checkout: Path) -> None:
    shutil.copytree(Path(sys.prefix) / "bin", checkout / ".venv" / "bin", symlinks=True)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", checkout / ".venv")
    assert setup_venv.VENV_PYTHON.exists()
    assert not setup_venv.has_pip()


def fake_apt(folder: Path, wheel: Path, *, needs_update: bool) -> None:
    """Puts an apt-get and a dpkg-deb first on the PATH that know one package; the former as on a new machine."""
    folder.mkdir()
    known = 'case "$*" in *Dir::State::lists*) ;; *) exit 100 ;; esac' if needs_update else ""
    scripts = {
        "apt-get": f'case "$*" in *update) exit 0 ;; esac\n{known}\ntouch python3-pip-whl_1_all.deb',
        "dpkg-deb": f'mkdir -p "$3/usr/share/python-wheels"\ncp "{wheel}" "$3/usr/share/python-wheels/"',
    }
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


@pytest.mark.parametrize("needs_update", [False, True])
def test_pip_is_fetched_into_the_cache_once(
    checkout: Path, pip_wheel: Path, monkeypatch: pytest.MonkeyPatch, needs_update: bool
) -> None:
    fake_apt(checkout / "bin", pip_wheel, needs_update=needs_update)
    monkeypatch.setenv("PATH", f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(setup_venv, "SYSTEM", checkout / "bare")
    found = setup_venv.find_pip_wheel()
    assert found.read_bytes() == pip_wheel.read_bytes()
    assert found.is_relative_to(checkout.parent / "cache" / "zhitong")

    shutil.rmtree(checkout / "bin")
    assert setup_venv.find_pip_wheel() == found


def test_without_apt_the_message_says_what_to_do(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_venv, "SYSTEM", checkout / "bare")
    monkeypatch.setenv("PATH", "/no/such/folder")
    with pytest.raises(setup_venv.SetupError, match="apt-get install python3-venv"):
        setup_venv.find_pip_wheel()


def run_setup_sh(path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(ROOT / "tools" / "setup.sh")]
    settings = {"PATH": f"{path}{os.pathsep}/usr/bin:/bin", **env}
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)


def test_an_old_python_named_by_hand_is_refused_with_its_name(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = run_setup_sh(tmp_path, PYTHON=str(old))
    assert done.returncode == 1
    assert f"PYTHON={old} is not a Python of 3.11 or later" in done.stderr


def test_an_old_python3_is_passed_over_for_a_newer_one(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    for name, script in {
        "python3": "exit 1",
        "python3.11": f'[ "$1" = -c ] || echo "$0 $1" > "{chosen}"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    assert run_setup_sh(tmp_path).returncode == 0
    assert chosen.read_text() == f"{tmp_path}/python3.11 tools/setup_venv.py\n"
