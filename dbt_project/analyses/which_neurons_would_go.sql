-- Which neurons would go, and why? Nothing has to be cut to ask: the choice is a table of its own. For every concept
-- and strategy each neuron with its reason, the strategies that agree on it, and the caption of its strongest clip.
with chosen as (
    select
        *,
        count(*) over (partition by dissection, concept_id, neuron_id) as strategies_agreeing
    from {{ ref('fct_pruned_neurons') }}
    where strategy not in ('random')
)

select
    chosen.dissection,
    chosen.concept,
    chosen.strategy,
    chosen.neuron_id,
    chosen.block_index,
    chosen.sublayer,
    chosen.neuron_index,
    chosen.reason,
    chosen.score,
    chosen.strategies_agreeing,
    evidence.caption as caption_of_its_first_clip
from chosen
left join {{ ref('fct_top_clips') }} as evidence
    on
        chosen.dissection = evidence.dissection
        and chosen.neuron_id = evidence.neuron_id
        and evidence.direction = 'highest'
        and evidence.rank = 1
order by
    chosen.dissection asc,
    chosen.concept asc,
    chosen.strategy asc,
    chosen.score desc nulls last,
    chosen.neuron_id asc
