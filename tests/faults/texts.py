"""Dissection files by their bytes, and what lies where one should: taken, or refused in a sentence, also in a list."""

import os
import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.end_to_end.conftest import TINY, House
from tests.faults.trying import Tried, at_once, ended

PLAIN = TINY.strip().encode()


def dissection_texts(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """One odd file after the other among the dissections, by its name and in the list of all."""
    house = House(place / "home")
    file = house.home.dissections / "odd.yaml"
    for name, lay in list((_TEXTS | _OTHERS).items())[: times or None]:
        lay(file) if callable(lay) else file.write_bytes(lay)
        for command in (("check", "odd"), ("list",)):
            yield Tried("dissection text", f"{name}: dissect {command[0]}", *ended(at_once(house.home, *command)))
        file.rmdir() if file.is_dir() and not file.is_symlink() else file.unlink()


def _socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's address is short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)
    os.chdir(here)


_LAUGHS = "\n".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
_TEXTS: dict[str, bytes] = {
    "empty": b"",
    "blanks": b" \n\n ",
    "a comment": b"# nothing\n",
    "a mark of byte order": b"\xef\xbb\xbf" + PLAIN,
    "UTF-16": TINY.encode("utf-16"),
    "UTF-32": TINY.encode("utf-32"),
    "Latin-1": PLAIN + b"\n# caf\xe9",
    "CRLF": PLAIN.replace(b"\n", b"\r\n"),
    "CR": PLAIN.replace(b"\n", b"\r"),
    "no line's end": PLAIN,
    "tabs": PLAIN.replace(b": {", b":\n\t{"),
    "a zero byte": PLAIN + b"\0",
    "zeros": bytes(5000),
    "random bytes": random.Random(0).randbytes(5000),
    "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "JSON": b'{"probing": {"layout": "soundbank"}, '
    b'"captions": {"captioner": "dataset"}, "target": {"family": "planted"}}',
    "a list": b"- probing\n- captions\n",
    "a text": b"hello",
    "a number": b"7",
    "null": b"~",
    "two documents": PLAIN + b"\n---\n" + PLAIN,
    "a second, empty document": PLAIN + b"\n---\n",
    "an end of document": PLAIN + b"\n...\n",
    "a billion laughs": b"a: &a [ha]\n" + _LAUGHS.encode(),
    "a list that holds itself": b"probing: &a [*a]\n",
    "an alias of nothing": b"probing: *nobody\n",
    "a key twice": PLAIN + b"\ntop_clips: {k: 2}\n",
    "a merge": b"base: &b {k: 3}\ntop_clips:\n  <<: *b\n" + PLAIN,
    "a merge of a number": PLAIN.replace(b"{k: 3}", b"{<<: 5}"),
    "numbers as keys": b"1: 2\n",
    "a list as a key": b"? [a]\n: b\n",
    "a mapping as a key": b"? {a: b}\n: c\n",
    "ten thousand deep": b"probing: " + b"[" * 10_000,
    "ten thousand deep, closed": b"a: " + b"[" * 10_000 + b"]" * 10_000,
    "a line of a megabyte": b"description: " + b"x" * 10**6,
    "ten megabytes": b"#" * 10**7 + b"\n" + PLAIN,
    "fifty thousand keys": b"".join(b"k%d: 1\n" % n for n in range(50_000)),
    "code of Python": b"probing: !!python/object/apply:os.system ['true']\n",
    "bytes": b"probing: !!binary AAAA\n",
    "an unknown tag": b"probing: !mine {layout: soundbank}\n",
    "a directive": b"%YAML 9.9\n---\n" + PLAIN,
    "a date that can't be": PLAIN + b"\nsummaries: 2001-99-99\n",
    "sixty": PLAIN.replace(b"k: 3", b"k: 1:30"),
    "octal": PLAIN.replace(b"k: 3", b"k: 0o3"),
    "hexadecimal": PLAIN.replace(b"k: 3", b"k: 0x3"),
    "not a number": PLAIN.replace(b"k: 3", b"k: .nan"),
    "infinity": PLAIN.replace(b"k: 3", b"k: -.inf"),
    "five thousand digits": PLAIN.replace(b"k: 3", b"k: " + b"9" * 5000),
    "1e400": PLAIN.replace(b"k: 3", b"k: 1e400"),
    "true for a number": PLAIN.replace(b"k: 3", b"k: true"),
    "a text for a number": PLAIN.replace(b"k: 3", b"k: three"),
    "a number in quotes": PLAIN.replace(b"k: 3", b"k: '3'"),
    "a fraction": PLAIN.replace(b"k: 3", b"k: 2.5"),
    "half a character": PLAIN + b'\ndescription: "\\ud83d"\n',
    "a turned text": "description: \u202eabc\n".encode() + PLAIN,
    "a steered terminal": b'nosuch: "\\e[2J"\n' + PLAIN,
    "a key that steers": b'"\\e[2J": 1\n' + PLAIN,
    "markup": b"nosuch: '[red]x[/]'\n" + PLAIN,
    "markup that is not closed": b"'[/]': 1\n" + PLAIN,
    "another name": b"name: other\n" + PLAIN,
    "a name of a list": b"name: [odd]\n" + PLAIN,
    "the key folder": b"folder: /\n" + PLAIN,
    "the key model_config": b"model_config: {}\n" + PLAIN,
    "the key __class__": b"__class__: x\n" + PLAIN,
    "sections of null": b"probing:\ncaptions:\ntarget:\n",
    "sections of lists": b"probing: [a]\ncaptions: [b]\ntarget: [c]\n",
    "a quote left open": b"probing: {layout: 'soundbank\n",
    "a bracket left open": b"probing: {layout: soundbank\n",
    "only half": PLAIN[: len(PLAIN) // 2],
    "no target": b"\n".join(line for line in PLAIN.split(b"\n") if not line.startswith(b"target")),
}
_OTHERS: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a socket": _socket,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "a link to an empty device": lambda path: path.symlink_to("/dev/null"),
}
