"""The files a lab adds to a rendered configuration."""

import configparser
from pathlib import Path

import pytest

from zhitong.lab.astconf import asterisk_conf, modules_conf, write_missing

RUN = Path("/run/lab")


def conf(rendered: str) -> dict[str, dict[str, str]]:
    text = asterisk_conf(
        rendered,
        etc=RUN / "etc",
        run=RUN,
        socket_dir=Path("/tmp/zt/1"),
        modules=Path("/tree/modules"),
        data=Path("/tree/data"),
    )
    parser = configparser.ConfigParser(delimiters=("=>", "="), comment_prefixes=(";",), strict=True)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


class TestAsteriskConf:
    def test_every_directory_that_is_written_to_lies_in_the_run(self) -> None:
        directories = conf("")["directories"]
        read_only = {"astmoddir": "/tree/modules", "astdatadir": "/tree/data", "astagidir": "/tree/data/agi-bin"}
        assert {key: directories.pop(key) for key in read_only} == read_only
        assert directories.pop("astrundir") == "/tmp/zt/1"
        assert all(Path(path).is_relative_to(RUN) for path in directories.values())
        # All that Asterisk would otherwise take from /etc, /var and /usr (asterisk.conf.sample).
        assert set(directories) >= {"astetcdir", "astvarlibdir", "astdbdir", "astkeydir", "astspooldir", "astlogdir"}

    def test_the_rendered_sections_stay_and_its_directories_go(self) -> None:
        rendered = "[directories](!)\nastlogdir => /var/log/asterisk\n\n[options]\nsystemname = pbx1\n[compat]\na = b\n"
        told = conf(rendered)
        assert told["directories"]["astlogdir"] == str(RUN / "log")
        assert told["options"] == {"systemname": "pbx1"}
        assert told["compat"] == {"a": "b"}

    def test_directories_in_the_middle_or_in_capitals(self) -> None:
        told = conf("[options]\nverbose = 3\n [Directories]\nastetcdir => /etc/asterisk\n[files]\nastctl = x\n")
        assert told["options"] == {"verbose": "3"}
        assert told["files"] == {"astctl": "x"}
        assert told["directories"]["astetcdir"] == str(RUN / "etc")


class TestModules:
    @pytest.fixture
    def modules(self, tmp_path: Path) -> Path:
        names = "app_queue chan_pjsip res_pjsip res_pjsip_session func_strings func_odbc bridge_softmix chan_iax2"
        for name in names.split():
            (tmp_path / f"{name}.so").touch()
        return tmp_path

    def test_only_what_is_wanted_and_there_is_loaded(self, modules: Path) -> None:
        text = modules_conf(modules)
        loaded = {line.split("=")[1].strip() for line in text.splitlines() if line.startswith("load")}
        assert loaded == {
            "app_queue.so",
            "chan_pjsip.so",
            "res_pjsip.so",
            "res_pjsip_session.so",
            "func_strings.so",
            "bridge_softmix.so",
        }
        assert "autoload = no" in text

    def test_a_rendered_file_is_never_touched(self, modules: Path, tmp_path: Path) -> None:
        etc = tmp_path / "etc"
        etc.mkdir()
        (etc / "rtp.conf").write_text("; the site's own\n", encoding="utf-8")
        written = write_missing(etc, modules=modules, rtp=range(20100, 22500))
        assert "rtp.conf" not in written
        assert (etc / "rtp.conf").read_text(encoding="utf-8") == "; the site's own\n"
        assert write_missing(etc, modules=modules, rtp=range(20100, 22500)) == []

    def test_the_range_of_media_ports_is_the_lab_s(self, modules: Path, tmp_path: Path) -> None:
        write_missing(tmp_path, modules=modules, rtp=range(20100, 22500))
        parser = configparser.ConfigParser(comment_prefixes=(";",))
        parser.read(tmp_path / "rtp.conf", encoding="utf-8")
        assert parser["general"]["rtpstart"] == "20100"
        assert parser["general"]["rtpend"] == "22499"
