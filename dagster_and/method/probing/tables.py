"""Tables of the room probing: which clips the target hears, and which files could not be used."""

import pyarrow as pa

from dagster_and.method.contract.table import FLAG, INT, REAL, TEXT, Column, Table

PROBING_CLIPS = Table(
    "probing_clips",
    room="probing",
    grain="usable clip of the probing set",
    key=("clip_id",),
    columns=(
        Column("clip_id", INT, "Position of the clip in the probing set, 0..n-1, in stable order of file name."),
        Column("filename", TEXT, "File name relative to the probing set's audio folder."),
        Column(
            "path",
            TEXT,
            "Path of the audio file when it was read; $AND_HOME stands for the folder of the home.",
            is_place=True,
        ),
        Column("sha256", TEXT, "SHA-256 of the audio file's bytes, 64 hex digits."),
        Column(
            "label", TEXT, "Class of the clip as the dataset names it; of several the primary one, which stands first."
        ),
        Column(
            "labels", pa.list_(pa.string()), "All classes of the clip, the primary one first; mostly just that one."
        ),
        Column("fold", INT, "Cross-validation fold; null where the dataset has none.", nullable=True),
        Column("duration_s", REAL, "Duration of the file in seconds, before padding or cropping."),
        Column(
            "window_s",
            REAL,
            "Length in seconds that the target hears: longer clips are cropped at the end, "
            "shorter ones padded with silence that never counts in pooling.",
        ),
        Column("is_cropped", FLAG, "Whether the file is longer than the window."),
        Column("is_padded", FLAG, "Whether the file is shorter than the window."),
        Column("sample_rate_hz", INT, "Sample rate of the file in Hz, before resampling."),
        Column("channels", INT, "Channels of the file, before mixing down to mono."),
        Column(
            "rms_dbfs", REAL, "Root mean square level of the mono mix within the window, dB relative to full scale."
        ),
        Column(
            "true_loudness_dbfs",
            REAL,
            "Sound bank only: level of the sounding part that the generator set, dBFS.",
            nullable=True,
        ),
        Column(
            "true_pitch_hz",
            REAL,
            "Sound bank only: fundamental frequency in Hz; null for unpitched sounds.",
            nullable=True,
        ),
        Column(
            "true_brightness_hz",
            REAL,
            "Sound bank only: spectral centroid of the sound before the noise floor, Hz.",
            nullable=True,
        ),
        Column(
            "true_tonality", REAL, "Sound bank only: share of tonal energy, 0 (noise) to 1 (pure tone).", nullable=True
        ),
        Column(
            "true_events_per_s", REAL, "Sound bank only: onsets per second; 0 for a continuous sound.", nullable=True
        ),
        Column(
            "true_regularity",
            REAL,
            "Sound bank only: share of the gaps between onsets within 15 % of the median gap.",
            nullable=True,
        ),
        Column("true_attack_ms", REAL, "Sound bank only: rise time of one event in milliseconds.", nullable=True),
        Column(
            "true_steadiness",
            REAL,
            "Sound bank only: 1 for a level that never changes, 0 for bursts in silence.",
            nullable=True,
        ),
        Column("dataset_caption", TEXT, "The dataset's own caption; null where it has none.", nullable=True),
    ),
)

REJECTED_CLIPS = Table(
    "rejected_clips",
    room="probing",
    grain="file that could not be used",
    key=("path",),
    columns=(
        Column("path", TEXT, "Path of the file, as the probing set names it."),
        Column(
            "reason",
            TEXT,
            "empty, cut_short, not_audio, silent, not_finite, missing, unlabelled, outside or out_of_range.",
        ),
        Column("detail", TEXT, "One sentence that says what was found."),
    ),
)
