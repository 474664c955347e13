"""Tables of the room summaries: what a describer says that a neuron's clips have in common."""

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

MOMENT_CAPTIONS = Table(
    "moment_captions",
    room="summaries",
    grain="neuron, direction and rank whose moment was put into words, in place of the whole clip",
    key=("neuron_id", "direction", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("direction", TEXT, "highest: of the K most activating clips; lowest: of the K least activating."),
        Column("rank", INT, "Rank of the clip, as in top_clips."),
        Column("heard_start_s", REAL, "Where in the clip the stretch begins that was listened to, in seconds."),
        Column("heard_end_s", REAL, "Where it ends, in seconds."),
        Column("caption", TEXT, "Description of that stretch in words; null where missing.", nullable=True),
        Column("captioner", TEXT, "Who wrote it: audio_llm: and the model's name."),
        Column("answer_id", TEXT, "The audio LLM's answer in the table answers."),
        Column("missing_reason", TEXT, "Why there is no caption; null where there is one.", nullable=True),
    ),
)

SUMMARIES = Table(
    "summaries",
    room="summaries",
    grain="neuron and direction (highest or lowest): what the captions of those clips have in common",
    key=("neuron_id", "direction"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("direction", TEXT, "highest: of the K most activating clips; lowest: of the K least activating."),
        Column("summary", TEXT, "What the clips' captions have in common; null where missing.", nullable=True),
        Column("describer", TEXT, "Who wrote it: counting (embedded, no LLM), or llm: and the model's name."),
        Column("answer_id", TEXT, "The LLM's answer in the table answers; null for the embedded one.", nullable=True),
        Column("missing_reason", TEXT, "Why there is no summary; null where there is one.", nullable=True),
    ),
)
