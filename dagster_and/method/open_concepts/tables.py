"""Tables of the room open_concepts: the words of each neuron's calibrated summary (AND, module C)."""

from dagster_and.method.contract.table import FLAG, INT, TEXT, Column, Table

ADJECTIVES = Table(
    "adjectives",
    room="open_concepts",
    grain="distinct adjective of all calibrated summaries",
    key=("adjective",),
    columns=(
        Column("adjective", TEXT, "The adjective's lemma, in lower case."),
        Column("is_acoustic", FLAG, "Whether it describes how a sound is; null where nobody could say.", nullable=True),
        Column("describer", TEXT, "Who judged it: counting (by its lexicon), or llm: and the model's name."),
        Column("source", TEXT, "Where the verdict comes from: the lexicon's entry, or the LLM's answer."),
        Column("answer_id", TEXT, "The LLM's answer in the table answers; null for the lexicon.", nullable=True),
        Column("missing_reason", TEXT, "Why there is no verdict; null where there is one.", nullable=True),
    ),
)

NEURON_WORDS = Table(
    "neuron_words",
    room="open_concepts",
    grain="neuron, part of speech and lemma in its calibrated summary",
    key=("neuron_id", "part_of_speech", "lemma"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("part_of_speech", TEXT, "adjective, noun, verb or preposition."),
        Column("lemma", TEXT, "The word's lemma, in lower case."),
        Column("word", TEXT, "The word as it first stands in the calibrated summary."),
        Column("occurrences", INT, "How often the lemma stands there."),
        Column("is_acoustic", FLAG, "Adjectives: whether it describes how a sound is; else null.", nullable=True),
    ),
)
