"""A clip inside a notebook: its sound and its spectrogram as data URIs, so that the cell needs no server."""

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO

from dagster_and.explorer.sounds import Clip, require_unchanged
from dagster_and.explorer.warehouse import NotThereError

RATE_HZ = 16_000
LONGEST_S = 10.0
"""What of a clip is played: with ``RATE_HZ`` at most 320 kB a clip, however long and fine its file is."""


@dataclass(frozen=True)
class Media:
    """``sound`` (FLAC) and ``picture`` (PNG) as data URIs; or the sentence that says why there is neither."""

    sound: str | None = None
    picture: str | None = None
    obstacle: str | None = None


def media(clip: Clip) -> Media:
    """A clip to hear and to see, if its file is still the one that was dissected."""
    from dagster_and.explorer.pictures import spectrogram

    picture = BytesIO()
    try:
        require_unchanged(clip)
        sound = _flac(clip)
        spectrogram(clip, picture)
    except NotThereError as gone:
        return Media(obstacle=str(gone))
    except Exception as error:  # libsndfile and the decoders behind it fail in many ways
        return Media(obstacle=f"The clip's sound can't be decoded ({type(error).__name__}).")
    return Media(_uri("audio/flac", sound), _uri("image/png", picture.getvalue()))


def _flac(clip: Clip) -> bytes:
    import soundfile

    from dagster_and.audio.reading import read_waveform

    written = BytesIO()
    samples = read_waveform(clip.path, RATE_HZ, min(clip.window_s, LONGEST_S))
    soundfile.write(written, samples, RATE_HZ, format="FLAC", subtype="PCM_16")
    return written.getvalue()


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
