"""Tables of the room answers: every answer of an LLM that a description rests on, with what was asked."""

from dagster_and.method.contract.table import INT, REAL, TEXT, Column, Table

ANSWERS = Table(
    "answers",
    room="answers",
    grain="answer of an LLM (one attempt at a request; unusable ones are kept as what they are)",
    key=("answer_id",),
    columns=(
        Column("answer_id", TEXT, "Key of the request and the attempt, 32 hex digits."),
        Column("request_id", TEXT, "Key of server, model, prompt and its file, sampling, form of answer, and clip."),
        Column("task", TEXT, "summarise, choose, judge, detect, write or caption."),
        Column("attempt", INT, "1 for the first; each further one has the next seed."),
        Column("status", TEXT, "usable, refused, empty, cut_off, unparsable or error."),
        Column("reason", TEXT, "Why it is not usable; null where it is.", nullable=True),
        Column("server", TEXT, "Root of the API that was asked."),
        Column("model", TEXT, "Name of the model at that server."),
        Column("source", TEXT, "What the model was given: text, or audio with it."),
        Column("prompt", TEXT, "The messages as JSON; a clip stands there as its SHA-256 and window."),
        Column("prompt_sha256", TEXT, "SHA-256 of the prompt file, 64 hex digits."),
        Column("audio_sha256", TEXT, "SHA-256 of the clip's file; null where none was sent.", nullable=True),
        Column("answer", TEXT, "What came back, as it came; null where nothing did.", nullable=True),
        Column("finish_reason", TEXT, "Why the server says that it ended; null where it doesn't.", nullable=True),
        Column("response_format", TEXT, "Form that was asked for: json_schema, json_object or text."),
        Column("temperature", REAL, "Sampling temperature, 0 to 2."),
        Column("seed", INT, "Sampling seed."),
        Column("max_tokens", INT, "Longest answer that was allowed, in tokens."),
        Column("prompt_tokens", INT, "Tokens of the prompt, by the server's count; null if unknown.", nullable=True),
        Column("completion_tokens", INT, "Tokens of the answer, likewise; null if unknown.", nullable=True),
        Column("cost_usd", REAL, "Cost in US dollars by the prices of the dissection file; else null.", nullable=True),
        Column("created_at", TEXT, "When it arrived: ISO 8601, UTC."),
    ),
)
