"""Straight lines over blocks (AND, Fig 5 and 6), and the adjectives per neuron that one of them goes through."""

from dagster_and.method.contract.table import FLAG, INT, REAL, TEXT, Column, Table

TREND_COLUMNS = (
    Column("neurons", INT, "Neurons that the line is fitted to, the head's left out."),
    Column("blocks", INT, "Blocks that they lie in."),
    Column("slope", REAL, "Change from one block to the next (ordinary least squares over neurons).", nullable=True),
    Column("slope_low", REAL, "Low end of the slope's 95 % interval (Student's t).", nullable=True),
    Column("slope_high", REAL, "High end of the slope's 95 % interval.", nullable=True),
    Column("intercept", REAL, "The line's value at block 0.", nullable=True),
    Column("p_value", REAL, "Two-sided p value of a slope of zero, neurons taken as independent.", nullable=True),
    Column("missing_reason", TEXT, "Why there is no line; null where there is one.", nullable=True),
)

_ADJECTIVES = Column("adjectives", TEXT, "acoustic: those that describe how a sound is; all: every adjective.")

ADJECTIVES_BY_BLOCK = Table(
    "adjectives_by_block",
    room="open_concepts",
    grain="kind of adjectives (acoustic, all) and block",
    key=("adjectives", "block_index"),
    columns=(
        _ADJECTIVES,
        Column("block_index", INT, "The block; the head's is the number of blocks."),
        Column("is_head", FLAG, "Whether it is the head, which no line goes through."),
        Column("neurons", INT, "Neurons of the block that have a summary."),
        Column("mean", REAL, "Mean number of distinct adjectives per neuron."),
        Column("mean_low", REAL, "Low end of its 95 % interval (Student's t); null for one neuron.", nullable=True),
        Column("mean_high", REAL, "High end of its 95 % interval; null for one neuron.", nullable=True),
    ),
)

ADJECTIVES_TRENDS = Table(
    "adjectives_trends",
    room="open_concepts",
    grain="kind of adjectives (acoustic, all): the straight line of their number per neuron over blocks",
    key=("adjectives",),
    columns=(_ADJECTIVES, *TREND_COLUMNS),
)
