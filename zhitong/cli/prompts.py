"""``zhitong prompts``: the sentences that callers and agents hear."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from dialplans.prompts import LANGUAGES, sentences
from dialplans.speech.installed import Clip, Source, clips, folder_of_sounds, lay, take
from telephony.config import read_site
from telephony.errors import ConfigError
from zhitong.cli import console
from zhitong.cli.common import DEFAULT_SITE, JsonOption, SiteOption, group
from zhitong.lab.apt import Progress as Told
from zhitong.lab.speech import spoken

app = group("语音提示。The sentences callers and agents hear: placeholders, and recordings of the city's own.")

SoundsArgument = Annotated[
    Path | None,
    typer.Argument(help="语音目录。 Asterisk's folder of sounds; left out: `sounds` in `data` of [pbx.folders]."),
]
LanguageOption = Annotated[str, typer.Option("--language", help="语言 zh 或 en。 Which language.")]


def _sounds(given: Path | None, site: Path) -> Path:
    return folder_of_sounds(given or Path(read_site(site).pbx.folders.data) / "sounds")


def _language(said: str) -> str:
    if said not in LANGUAGES:
        raise ConfigError(f"--language: {said!r} is not allowed. Allowed: {', '.join(LANGUAGES)}.")
    return said


@app.command("build")
def build(sounds: SoundsArgument = None, site: SiteOption = DEFAULT_SITE) -> None:
    """合成占位语音。Lay placeholders of all sentences into Asterisk's folder of sounds; own recordings stay.

    They are spoken by eSpeak NG: the one of this machine (`apt install espeak-ng`), else one that is fetched into the
    user's cache, without root. Run it again after an upgrade of Zhitong, which may say new sentences.
    """
    folder = _sounds(sounds, site)
    with _progress() as told:
        placeholders = spoken(told)
    laid = lay(placeholders, folder, sentences())
    console.say(f"已写入 {laid.written} 句，{laid.unchanged} 句未变：{folder}", f"{laid.written} sentences written.")
    if laid.own:
        console.say(f"保留自有录音 {laid.own} 句", f"{laid.own} recordings of your own were left as they are.")
    console.say("占位语音只为试用：zhitong prompts import DIR", "Placeholders are to try things out; bring recordings.")


@contextmanager
def _progress() -> Iterator[Told]:
    if not console.err.is_terminal:
        yield lambda _what, _done: None
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console.err, transient=True) as progress:
        task = progress.add_task("合成语音 speaking", total=1.0)
        yield lambda what, done: progress.update(task, description=what[:24] or "合成语音 speaking", completed=done)


@app.command("import")
def import_recordings(
    folder: Annotated[Path, typer.Argument(help="录音目录。 Folder of recordings, <id>.wav each.")],
    language: LanguageOption = "zh",
    sounds: Annotated[Path | None, typer.Option("--sounds", help="语音目录。 As of `prompts build`.")] = None,
    site: SiteOption = DEFAULT_SITE,
) -> None:
    """导入自有录音：全部成功，或一个不动。Bring recordings of the city's own: all of them, or none.

    Each file is named by its sentence (`closed.wav`; `zhitong prompts list` has the names and the words), 8 kHz, 16
    bit, mono, as Asterisk plays it. They are heard from the next call on, and a later build leaves them alone.
    """
    taken = take(folder, _sounds(sounds, site), sentences(), _language(language))
    console.say(f"已导入 {len(taken.brought)} 句", f"{len(taken.brought)} recordings brought.")
    for name in taken.passed_over:
        console.out.print(console.text(f"跳过 passed over: {name}"))
    if taken.lacking:
        console.say(f"仍为占位或缺失 {len(taken.lacking)} 句：", f"{len(taken.lacking)} have no recording yet:")
        console.out.print(console.text(" ".join(taken.lacking)))


_SOURCES = {
    Source.MISSING: ("缺失 missing", "red"),
    Source.PLACEHOLDER: ("占位 placeholder", "yellow"),
    Source.OWN: ("自有 own", "green"),
}


@app.command("list")
def list_sentences(
    sounds: SoundsArgument = None,
    language: LanguageOption = "zh",
    site: SiteOption = DEFAULT_SITE,
    as_json: JsonOption = False,
) -> None:
    """列出全部语句。List all sentences: id, words, when they are heard, and what is there of each."""
    found = list(clips(_sounds(sounds, site), sentences(), [_language(language)]))
    if as_json:
        console.print_json([_row(clip) for clip in found])
        return
    heads = ("编号 id", "中文 zh", "英文 en", "何时 when", "来源 source", "长度 length")
    table = console.table("语音提示 prompts", *heads, right=(5,), whole=(0,))
    for clip in found:
        words = clip.sentence.words
        word, style = ("不能播放 unplayable", "red") if clip.fault else _SOURCES[clip.source]
        length = f"{clip.seconds:.1f} s" if clip.seconds else "—"
        row = (clip.sentence.id, words["zh"], words["en"], clip.sentence.when)
        table.add_row(*map(console.text, row), console.text(word, style), console.text(length))
    console.out.print(table)


def _row(clip: Clip) -> dict[str, object]:
    return {
        "id": clip.sentence.id,
        "sound": clip.sentence.sound,
        **clip.sentence.words,
        "when": clip.sentence.when,
        "language": clip.language,
        "source": clip.source,
        "seconds": round(clip.seconds, 2),
        "fault": clip.fault,
        "file": str(clip.path),
    }


@app.command("check")
def check(sounds: SoundsArgument = None, site: SiteOption = DEFAULT_SITE, as_json: JsonOption = False) -> None:
    """检查语音文件。Is every sentence there, in a format that Asterisk plays? The exit status is 0 when all are."""
    folder = _sounds(sounds, site)
    found = list(clips(folder, sentences()))
    bad = [clip for clip in found if clip.fault or clip.source is Source.MISSING]
    if as_json:
        console.print_json([_row(clip) for clip in bad])
    for clip in () if as_json else bad:
        said = clip.fault or f"{clip.path}: missing. Have it spoken: zhitong prompts build {folder}"
        console.out.print(
            console.text(f"{clip.language} {clip.sentence.id}: ", "red") + console.text(said), soft_wrap=True
        )
    if bad:
        raise typer.Exit(1)
    if not as_json:
        own = sum(clip.source is Source.OWN for clip in found)
        console.say(
            f"{len(found)} 句都可播放，其中自有录音 {own} 句。", f"All {len(found)} can be played; {own} are own."
        )
