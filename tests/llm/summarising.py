"""A run to be killed: summarise numbered captions against a server; the replies as JSON once it is through."""

import json
import sys
from pathlib import Path

from dagster_and.describers.llm import open_llm_describer
from dagster_and.dissection import LlmDescriber
from dagster_and.foundation.home import Home

if __name__ == "__main__":
    url, root, count = sys.argv[1:]
    section = LlmDescriber(kind="llm", base_url=url, model="tiny", concurrency=3)
    describer = open_llm_describer(section, Home(Path(root)))
    replies = describer.summarise([(f"caption {number}", "a dog barks") for number in range(int(count))])
    print(json.dumps([[reply.value, reply.answer_id] for reply in replies]))
