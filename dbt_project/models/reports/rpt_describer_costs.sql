-- Attempts are counted, not HTTP calls: a call that was refused with 429 or 5xx left no answer.
with answers as (
    select * from {{ ref('fct_answers') }}
)

select
    dissection,
    model,
    task,
    count(distinct request_id) as requests,
    count(*) as answers,
    count(*) filter (where status = 'usable') as usable_answers,
    count(*) filter (where status != 'usable') as unusable_answers,
    coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens,
    coalesce(sum(completion_tokens), 0)::bigint as completion_tokens,
    sum(cost_usd) as cost_usd
from answers
group by dissection, model, task
order by dissection, model, task
