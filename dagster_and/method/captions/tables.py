"""Tables of the room captions: every clip measured and in words."""

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

CLIP_ACOUSTICS = Table(
    "clip_acoustics",
    room="captions",
    grain="clip, with acoustics measured from its samples",
    key=("clip_id",),
    columns=(
        Column("clip_id", INT, "The clip."),
        Column("loudness_dbfs", REAL, "Level of the sounding part in dBFS (frames within 20 dB of the loudest)."),
        Column("pitch_hz", REAL, "Median fundamental frequency in Hz; null where no pitch is found.", nullable=True),
        Column("brightness_hz", REAL, "Energy-weighted spectral centroid in Hz."),
        Column("tonality", REAL, "0 (noise) to 1 (pure tone): 1 - energy-weighted spectral flatness."),
        Column("events_per_s", REAL, "Onsets per second."),
        Column(
            "regularity",
            REAL,
            "Share of the gaps between onsets within 15 % of the median gap, 0 to 1; 0 with fewer than three onsets.",
        ),
        Column("attack_ms", REAL, "Median rise time of the events, 10 to 90 % of the peak, in milliseconds."),
        Column("steadiness", REAL, "0 (bursts in silence) to 1 (constant level)."),
    ),
)

CLIP_CAPTIONS = Table(
    "clip_captions",
    room="captions",
    grain="clip: its caption, or why it has none",
    key=("clip_id",),
    columns=(
        Column("clip_id", INT, "The clip."),
        Column("caption", TEXT, "Description of the clip in words; null where missing.", nullable=True),
        Column("captioner", TEXT, "Who wrote it: dataset, annotations, file, or audio_llm: and the model's name."),
        Column("answer_id", TEXT, "The audio LLM's answer in the table answers; null for the others.", nullable=True),
        Column("missing_reason", TEXT, "Why there is no caption; null where there is one.", nullable=True),
    ),
)
