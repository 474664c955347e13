"""What people hand in: sounds, captions, dissection files. Each is taken, or refused in a sentence."""

import io
import json
import pickle
import random
import struct
import wave
import zipfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml

from dagster_and.audio.reading import Rejected, inspect
from dagster_and.dissection import Dissection
from tests.end_to_end.conftest import TINY, House, Run
from tests.faults.trying import Tried, at_once, ended

RATE_HZ = 16_000
NOISE = np.random.default_rng(0).normal(0, 0.1, RATE_HZ)
WINDOW_S = 0.5
SPREAD: list[Any] = [
    None, "", " ", "x" * 100_000, "\x00", "\ud83d", "../..", "$HOME", "${NO_SUCH}", "~", "$\\frac{$", "<script>",
    "';--", 0, -1, 2**70, -(2**70), 1e308, 1e-308, float("nan"), float("inf"), True, [], {}, [[]], {"a": {"b": []}},
    [None],
    "1e400", "NaN", "2020-01-01", "auto", "\u202e", "CON", "😀", 0.1, "0x10", [1, "a", None],
]  # fmt: skip
"""Values that no setting wants, or only a few."""
NUMBERS: list[Any] = [1e-9, 1e-3, 0.03, 0.1, 0.5, 0.999, 1, 2, 3, 7, 16, 50, 1000, 10**6, 2**31, 2**63 - 1, 2**64]


def sounds(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """Files as they lie about: each is judged, good or bad with a reason, and no reader falls."""
    place.mkdir(parents=True, exist_ok=True)
    for name, content, is_good in _sound_files(chance)[: times or None]:
        path = place / "sound.wav"
        path.write_bytes(content)
        try:
            found = inspect(path, WINDOW_S)
            yield Tried("sound", name, is_good is not False, f"taken, {found.duration_s:.3f} s")
        except Rejected as rejected:
            yield Tried("sound", name, is_good is not True, rejected.reason)
        except Exception as error:
            yield Tried("sound", name, False, f"{type(error).__name__}: {error}")


def dissection_files(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """The tiny dissection with one thing put to what nobody would write: refused in a sentence, or taken."""
    for _, said, run in _checked(House(place), chance, times):
        yield Tried("dissection file", said, *ended(run))


def dissection_runs(place: Path, times: int, chance: random.Random) -> Iterator[Tried]:
    """So many of those that are taken, run."""
    house, done = House(place), 0
    for text, said, run in _checked(house, chance, 20 * times):
        if run.code == 0 and done < times:
            house.add("odd", text)
            yield Tried("dissection file", f"{said}, run", *ended(house.dissect("run", "odd")))
            done += 1


def _checked(house: House, chance: random.Random, times: int) -> Iterator[tuple[str, str, Run]]:
    """Odd dissection files: their text, what is odd in it, and how `dissect check` ended.

    Raises:
        AssertionError: even the file without a fault is refused.
    """
    house.add("odd", yaml.safe_dump(_every_setting()))
    assert at_once(house.home, "check", "odd").code == 0
    for _ in range(times):
        text, said = _mutated(_every_setting(), chance)
        (house.home.dissections / "odd.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
        yield text, said, at_once(house.home, "check", "odd")


def captions(place: Path, times: int, _: random.Random) -> Iterator[Tried]:
    """Captions of a folder's sounds in files of every kind."""
    for name, content in list(_CAPTION_FILES.items())[: times or None]:
        house = House(place / name.replace(" ", "-"))
        folder = house.home.root / "sounds"
        for fold, label in product(range(1, 6), ("dog", "rain")):
            (folder / f"fold{fold}" / label).mkdir(parents=True)
            soundfile.write(folder / f"fold{fold}" / label / "0.wav", np.roll(NOISE, fold)[:8000], RATE_HZ)
        (house.home.root / "captions.csv").write_bytes(content)
        own: dict[str, Any] = {"captions": {"captioner": "file", "path": str(house.home.root / "captions.csv")}}
        own["probing"] = {"layout": "folder", "path": str(folder), "window_s": WINDOW_S}
        house.add("tiny", yaml.safe_dump(yaml.safe_load(TINY) | own))
        run = house.dissect("run", "tiny")
        yield Tried("captions", name, *ended(run))


def _sound_files(chance: random.Random) -> list[tuple[str, bytes, bool | None]]:
    """Name, content, and whether it must be taken; None where either will do, as long as it is said."""
    wav = _written("WAV", "PCM_16")
    found: list[tuple[str, bytes, bool | None]] = []
    for form, subtype in (
        ("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"), ("WAV", "ULAW"), ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III"), ("AIFF", "PCM_16"), ("AU", "PCM_16"), ("W64", "PCM_16"),
        ("RF64", "PCM_16"),
    ):  # fmt: skip
        whole = _written(form, subtype)
        found += [(f"{form} {subtype}", whole, True), (f"{form} {subtype} without its second half",
                  whole[: len(whole) // 2], False)]  # fmt: skip
        garbled = bytearray(whole)
        for _ in range(20):
            garbled[chance.randrange(len(garbled))] ^= 0xFF
        found.append((f"{form} {subtype} with twenty bytes changed", bytes(garbled), None))
    silence, loud = np.zeros(RATE_HZ), np.full(RATE_HZ, 1.0)
    not_numbers = NOISE.copy()
    not_numbers[100] = np.nan
    infinite = NOISE.copy()
    infinite[100] = np.inf
    found += [
        ("empty", b"", False), ("one byte", b"R", False), ("header alone", wav[:44], False),
        ("text", b"hello" * 99, False),
        ("HTML", b"<html><script>alert(1)</script>", False), ("zeros", bytes(100_000), False),
        ("random bytes", chance.randbytes(50_000), False), ("silence", _written("WAV", "PCM_16", silence), None),
        ("one value throughout", _written("WAV", "PCM_16", loud), None),
        ("not a number within", _written("WAV", "FLOAT", not_numbers), False),
        ("infinity within", _written("WAV", "FLOAT", infinite), False),
        ("huge numbers", _written("WAV", "FLOAT", NOISE * 1e30), None),
        ("one sample", _written("WAV", "PCM_16", NOISE[:1]), None),
        ("no sample", _written("WAV", "PCM_16", NOISE[:0]), False),
        ("1 Hz", _written("WAV", "PCM_16", NOISE[:20], 1), None),
        ("192 kHz", _written("WAV", "PCM_16", NOISE, 192_000), True),
        ("8 kHz", _written("WAV", "PCM_16", NOISE, 8_000), True),
        ("sixteen channels", _written("WAV", "PCM_16", np.tile(NOISE[:, None], (1, 16))), True),
        ("a size of 4 GB in the header", wav[:4] + struct.pack("<I", 2**32 - 1) + wav[8:], None),
        ("a size of 0 in the header", wav[:4] + struct.pack("<I", 0) + wav[8:], None),
        ("a rate of 0 in the header", wav[:24] + struct.pack("<I", 0) + wav[28:], False),
        ("0 channels in the header", wav[:22] + struct.pack("<H", 0) + wav[24:], False),
        ("65,535 channels in the header", wav[:22] + struct.pack("<H", 65_535) + wav[24:], False),
        ("two sounds one behind the other", wav + wav, None), ("junk behind the sound", wav + b"junk" * 50, None),
        ("eight bits", _eight_bits(), True), ("a zip of a sound", _zipped(wav), False),
        ("a pickle", pickle.dumps({"sound": NOISE.tolist()}), False), ("a null byte first", b"\0" + wav, False),
    ]  # fmt: skip
    return found


def _written(form: str, subtype: str, samples: np.ndarray = NOISE, rate: int = RATE_HZ) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def _eight_bits() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE_HZ)
        sound.writeframes((NOISE * 127 + 128).clip(0, 255).astype(np.uint8).tobytes())
    return file.getvalue()


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sound.wav", content)
    return file.getvalue()


def _every_setting() -> dict[str, Any]:
    """The tiny dissection with all settings of every section written out."""
    model = Dissection.model_validate({"name": "odd", **yaml.safe_load(TINY)})
    return model.model_dump(mode="json", exclude={"name"}, exclude_none=True)


def _mutated(good: dict[str, Any], chance: random.Random) -> tuple[str, str]:
    """A dissection file's text with one thing wrong, and what that is."""
    if chance.random() < 0.1:
        text = yaml.safe_dump(good)
        place = chance.randrange(len(text))
        odd = chance.choice(["\t", ": :", "{", "&a *a", "!!python/object/apply:os.system ['true']", "\x07", "\ufeff"])
        return text[:place] + odd + text[place:], f"{odd!r} in the text"
    section = chance.choice(sorted(good))
    settings = good[section]
    value = chance.choice([*NUMBERS, *NUMBERS, *SPREAD])
    if isinstance(settings, dict) and settings and chance.random() < 0.9:
        key = chance.choice(sorted(settings))
        settings[key] = [*settings[key], value] if isinstance(settings[key], list) and chance.random() < 0.5 else value
        said = f"{section}.{key}"
    else:
        good[section] = value
        said = section
    try:
        return yaml.safe_dump(good, allow_unicode=True), f"{said}: {str(value)[:30]!a}"
    except (yaml.YAMLError, UnicodeEncodeError):
        return json.dumps(good), f"{said}: {str(value)[:30]!a}"


_CAPTION_FILES: dict[str, bytes] = {
    "empty": b"", "a header alone": b"filename,caption\n", "no header": b"fold1/dog/0.wav,a dog barks\n",
    "another delimiter": b"filename;caption\nfold1/dog/0.wav;a dog barks\n",
    "Latin-1": "filename,caption\nfold1/dog/0.wav,caf\xe9\n".encode("latin-1"),
    "UTF-16": "filename,caption\nfold1/dog/0.wav,a dog\n".encode("utf-16"),
    "null bytes": b"filename,caption\nfold1/dog/0.wav,a\0dog\n",
    "an unknown clip": b"filename,caption\nnone.wav,a dog barks\n",
    "a quote left open": b'filename,caption\nfold1/dog/0.wav,"a dog\n',
    "one clip twice": b"filename,caption\nfold1/dog/0.wav,a dog\nfold1/dog/0.wav,a cat\n",
    "random bytes": random.Random(0).randbytes(2000),
    "a path that climbs": b"filename,caption\n../../etc/passwd,a dog\n", "Parquet": b"PAR1" + bytes(100) + b"PAR1",
    "a caption of a megabyte": b"filename,caption\nfold1/dog/0.wav," + b"bark " * 200_000 + b"\n",
}  # fmt: skip
