"""Tables of the room evidence: how far each claim about a neuron can be trusted."""

import pyarrow as pa

from dagster_and.method.contract.table import FLAG, INT, REAL, TEXT, Column, Table

PLANTED_NEURONS = Table(
    "planted_neurons",
    room="evidence",
    grain="neuron of a planted network and thing that it follows; no rows for any other network",
    key=("neuron_id", "part"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("part", INT, "0; a neuron that follows two things has a part 1, too."),
        Column("function", TEXT, "What the neuron computes."),
        Column("kind", TEXT, "quality, class, pair, narrow, both, negation, modes, noise or dead."),
        Column(
            "expected_words",
            TEXT,
            "Names of which any will do, comma between, each with all of its words; null: no name.",
            nullable=True,
        ),
        Column("is_denied", FLAG, "Whether it is silent on this, and active on all else."),
    ),
)

CONCEPT_SIGNIFICANCE = Table(
    "concept_significance",
    room="evidence",
    grain="neuron, method, similarity function and rank of a closed-concept answer",
    key=("neuron_id", "method", "similarity", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("method", TEXT, "DB, TAB or ICL: who answered."),
        Column("similarity", TEXT, "Similarity function of the answer; none for ICL."),
        Column("rank", INT, "1 for the best concept."),
        Column("concept_id", INT, "The concept of the answer."),
        Column("concept_clips", INT, "Clips whose label the concept names."),
        Column(
            "auroc",
            REAL,
            "Share of pairs of a clip of the concept and another one in which it activates the neuron more, 0..1; "
            "0.5 is chance.",
            nullable=True,
        ),
        Column("auroc_low", REAL, "Low end of its 95 % interval (Newcombe).", nullable=True),
        Column("auroc_high", REAL, "High end of its 95 % interval.", nullable=True),
        Column(
            "p_value", REAL, "One-sided Mann-Whitney p value, normal approximation corrected for ties.", nullable=True
        ),
        Column(
            "q_value",
            REAL,
            "Benjamini-Hochberg false discovery rate over all neurons, within method, similarity and rank.",
            nullable=True,
        ),
        Column("is_significant", FLAG, "Whether q is below 0.05; null where nothing can be tested.", nullable=True),
        Column("missing_reason", TEXT, "Why nothing can be tested; null where it can.", nullable=True),
    ),
)

EVIDENT_WORDS = Table(
    "evident_words",
    room="evidence",
    grain="neuron and rank of the caption words that its activation follows",
    key=("neuron_id", "rank"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("rank", INT, "1 for the word with the smallest p value; only words with a q below 0.01 are listed."),
        Column("word", TEXT, "A word of the captions, in lower case."),
        Column("word_clips", INT, "Clips used whose caption holds the word."),
        Column("auroc", REAL, "Of the activation, clips with the word against the others; all captioned clips count."),
        Column("p_value", REAL, "One-sided Mann-Whitney p value, normal approximation corrected for ties."),
        Column("q_value", REAL, "False discovery rate: that of its neuron, or that within it."),
        Column("is_in_description", FLAG, "Whether the neuron's description holds the word, too."),
    ),
)

HALF_DESCRIPTIONS = Table(
    "half_descriptions",
    room="evidence",
    grain="neuron and half of the captioned clips: how it is described from that half alone",
    key=("neuron_id", "half"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("half", INT, "0 or 1: whole folds put together where the set has two or more, else a seeded draw."),
        Column("clips", INT, "Captioned clips of the half."),
        Column("summary", TEXT, "What the half's K most activating clips have in common.", nullable=True),
        Column("lowest_summary", TEXT, "What its K least activating clips have in common.", nullable=True),
        Column(
            "description",
            TEXT,
            "Sentences of summary that calibration against lowest_summary keeps; null where missing.",
            nullable=True,
        ),
        Column("describer", TEXT, "Who wrote it: counting (embedded, no LLM), or llm: and the model's name."),
        Column(
            "answer_ids",
            pa.list_(pa.string()),
            "The LLM's answers behind both summaries, in the table answers; null for the embedded one.",
            nullable=True,
        ),
        Column("missing_reason", TEXT, "Why there is no description; null where there is one.", nullable=True),
    ),
)

DESCRIPTION_SCORES = Table(
    "description_scores",
    room="evidence",
    grain="neuron and scorer of what is said of it, on clips that did not make it",
    key=("neuron_id", "scorer"),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column(
            "scorer",
            TEXT,
            "How what is said is compared with a clip. words: TF-IDF cosine with its caption; embedding: sentence "
            "embedding cosine with its caption; detection: an LLM says whether the clip would activate the neuron.",
        ),
        Column(
            "claim",
            TEXT,
            "What is scored: the calibrated description, of detection the label; null if none. Put to a clip is what "
            "clips without it made: the description of the other half, the label that other parts chose.",
            nullable=True,
        ),
        Column("clips", INT, "Clips used: all of both halves, of detection those that the LLM judged."),
        Column(
            "high_clips",
            INT,
            "Those of them that activate the neuron highly: a tenth of each half, or fewer where fewer carry it; "
            "half of the clips for detection.",
        ),
        Column(
            "score",
            REAL,
            "AUROC over pairs within a half, 0..1: is what the other half says nearer to a highly activating clip than "
            "to another? Of detection the share of right verdicts, half of the clips being high. 0.5 is chance.",
            nullable=True,
        ),
        Column("score_low", REAL, "Low end of its 95 % interval (Newcombe; Wilson for detection).", nullable=True),
        Column("score_high", REAL, "High end of its 95 % interval.", nullable=True),
        Column(
            "score_against_lowest",
            REAL,
            "The same against the lowest tenth only; a neuron that follows size, not sign, stays at 0.5. Null for "
            "detection, as are the next two.",
            nullable=True,
        ),
        Column(
            "nearest_precision",
            REAL,
            "Share of highly activating clips among as many that are nearest to what is said; chance is high_clips / "
            "clips, and what is wrong among them are the hard negatives.",
            nullable=True,
        ),
        Column(
            "rank_correlation",
            REAL,
            "Spearman correlation of nearness and activation, mean of both halves; null where either never varies.",
            nullable=True,
        ),
        Column(
            "p_value",
            REAL,
            "The larger of the two one-sided Mann-Whitney p values of score and score_against_lowest; of detection "
            "Fisher's exact one, one-sided.",
            nullable=True,
        ),
        Column(
            "shuffled_score",
            REAL,
            "Score of another neuron's descriptions on the same neuron; null for detection.",
            nullable=True,
        ),
        Column(
            "answer_ids",
            pa.list_(pa.string()),
            "The LLM's answers in the table answers, usable ones first; null unless the scorer is detection.",
            nullable=True,
        ),
        Column("missing_reason", TEXT, "Why there is no score; null where there is one.", nullable=True),
    ),
)

NEURON_SENTENCES = Table(
    "neuron_sentences",
    room="evidence",
    grain="neuron: its label in one line that a person would write, and who wrote it",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("sentence", TEXT, "The line; null where the neuron has no label.", nullable=True),
        Column(
            "writer",
            TEXT,
            "Who wrote it: rule, or llm: and the model's name; null where there is no sentence.",
            nullable=True,
        ),
        Column(
            "rule_sentence", TEXT, "What the rule writes, whoever wrote the sentence; null likewise.", nullable=True
        ),
        Column("answer_id", TEXT, "The LLM's answer in the table answers, used or not; null if none.", nullable=True),
        Column(
            "missing_reason",
            TEXT,
            "Why there is no sentence, or why an LLM that writes did not write this one; else null.",
            nullable=True,
        ),
    ),
)

NEURON_VERDICTS = Table(
    "neuron_verdicts",
    room="evidence",
    grain="neuron: what can be said of it, and how far that can be trusted",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column(
            "verdict",
            TEXT,
            "labelled: a label holds on clips that did not choose it; described: none does, but the description beats "
            "chance on clips that did not make it; no_evidence: neither; dead: the activation is the same for every "
            "clip.",
        ),
        Column("is_described", FLAG, "Whether the verdict is labelled or described: only then is there a statement."),
        Column("reason", TEXT, "One sentence: what the verdict rests on."),
        Column("description", TEXT, "The description that was judged; null where there is none.", nullable=True),
        Column(
            "is_description_supported",
            FLAG,
            "Whether the description beats chance on clips that did not make it, q below 0.01, stated or not; null if "
            "not tested.",
            nullable=True,
        ),
        Column(
            "statement",
            TEXT,
            "What can be said with evidence: the label's sentence of neuron_sentences; else the description if it "
            "holds; null where nothing can be said.",
            nullable=True,
        ),
        Column(
            "held_out_score",
            REAL,
            "AUROC of the description, cross-fitted over two halves, by the scorer with the smaller p value, whatever "
            "the verdict; 0.5 is chance.",
            nullable=True,
        ),
        Column(
            "trust",
            REAL,
            "How far the statement can be trusted, 0..1: the AUROC of the label where that is stated, held_out_score "
            "where the description is; null elsewhere.",
            nullable=True,
        ),
        Column("trust_low", REAL, "Low end of its 95 % interval.", nullable=True),
        Column("trust_high", REAL, "High end of its 95 % interval.", nullable=True),
        Column("trust_missing_reason", TEXT, "Why there is no trust; null where there is.", nullable=True),
        Column("scorer", TEXT, "The scorer of held_out_score.", nullable=True),
        Column("clips", INT, "Clips that held_out_score rests on; 0 where nothing was tested."),
        Column("p_value", REAL, "Its p value times the number of scorers, at most 1.", nullable=True),
        Column("q_value", REAL, "Benjamini-Hochberg false discovery rate over all neurons.", nullable=True),
        Column(
            "evident_words",
            TEXT,
            "Caption words that the activation follows, best first; evidence beside the statement.",
            nullable=True,
        ),
    ),
)

DESCRIPTION_STABILITY = Table(
    "description_stability",
    room="evidence",
    grain="neuron, described from either half of the captioned clips",
    key=("neuron_id",),
    columns=(
        Column("neuron_id", INT, "The neuron."),
        Column("first_description", TEXT, "Description that half 0 made, of half_descriptions.", nullable=True),
        Column("second_description", TEXT, "Description that half 1 made.", nullable=True),
        Column("cosine", REAL, "Cosine of their sentence embeddings, -1 to 1.", nullable=True),
        Column("word_overlap", REAL, "Shared share of their words (Jaccard), 0..1.", nullable=True),
        Column("chance_cosine", REAL, "Cosine with another neuron's second description.", nullable=True),
        Column("chance_word_overlap", REAL, "Word overlap with another neuron's second description.", nullable=True),
        Column("missing_reason", TEXT, "Why there is nothing to compare; null where there is.", nullable=True),
    ),
)
