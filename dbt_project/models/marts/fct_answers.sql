-- What an LLM was asked and what came back, unusable answers among them.
with answers as (
    select * from {{ ref('stg_dissection__answers') }}
)

select
    dissection,
    answer_id,
    request_id,
    task,
    attempt,
    status,
    reason,
    server,
    model,
    source,
    prompt,
    answer,
    temperature,
    seed,
    prompt_tokens,
    completion_tokens,
    cost_usd,
    created_at
from answers
