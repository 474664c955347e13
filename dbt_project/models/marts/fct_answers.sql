-- What an LLM was asked and what came back, unusable answers among them, and how many neurons' words rest on it.
with answers as (
    select * from {{ ref('stg_dissection__answers') }}
),

rested_on as (
    select
        dissection,
        answer_id,
        count(*) as neurons
    from {{ ref('fct_neuron_answers') }}
    group by dissection, answer_id
)

select
    answers.dissection,
    answers.answer_id,
    answers.request_id,
    answers.task,
    answers.attempt,
    answers.status,
    answers.reason,
    answers.server,
    answers.model,
    answers.source,
    answers.prompt,
    answers.answer,
    answers.temperature,
    answers.seed,
    answers.prompt_tokens,
    answers.completion_tokens,
    answers.cost_usd,
    answers.created_at,
    coalesce(rested_on.neurons, 0) as neurons
from answers
left join rested_on on answers.dissection = rested_on.dissection and answers.answer_id = rested_on.answer_id
