"""Text that comes from outside, made such that every file, table and server takes it."""

from typing import Any


def whole(text: str) -> str:
    """The text without half characters: two halves (surrogates) become the one they mean, a lone one becomes ``�``.

    JSON and YAML can write halves (``\\ud83d\\ude00``); UTF-8 and with it Parquet, SQLite and HTTP can't.
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def printable(text: str) -> str:
    """The text for a terminal: what would steer it, turn it around or not be seen is told as ``\\x1b``, ``\\u202e``.

    Ends of lines and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or c.isprintable() else ascii(c)[1:-1] for c in text)


def whole_throughout(content: Any) -> Any:
    """JSON-like content with every text in it :func:`whole`, keys as well."""
    if isinstance(content, str):
        return whole(content)
    if isinstance(content, dict):
        return {whole_throughout(key): whole_throughout(value) for key, value in content.items()}
    if isinstance(content, list):
        return [whole_throughout(item) for item in content]
    return content
