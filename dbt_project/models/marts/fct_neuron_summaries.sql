with summaries as (
    select * from {{ ref('stg_dissection__summaries') }}
)

select
    dissection,
    neuron_id,
    direction,
    summary,
    describer,
    answer_id,
    missing_reason
from summaries
