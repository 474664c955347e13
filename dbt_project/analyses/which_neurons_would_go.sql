-- Which neurons would go, and why? Nothing has to be cut to ask: the choice is a table of its own. For every concept
-- the five strongest neurons of each strategy, each with its reason, the strategies that agree on it, and the caption
-- of its strongest clip.
with chosen as (
    select * from {{ ref('fct_pruned_neurons') }}
    where strategy != 'random'
),

strongest as (
    select
        dissection,
        concept_id,
        strategy,
        unnest(max_by(neuron_id, coalesce(score, '-inf'), 5)) as neuron_id
    from chosen
    group by dissection, concept_id, strategy
),

shown as (
    select
        chosen.*,
        count(*) over (partition by chosen.dissection, chosen.concept_id, chosen.neuron_id) as strategies_agreeing
    from chosen
    semi join strongest
        on
            chosen.dissection = strongest.dissection
            and chosen.concept_id = strongest.concept_id
            and chosen.neuron_id = strongest.neuron_id
)

select
    shown.dissection,
    shown.concept,
    shown.strategy,
    shown.neuron_id,
    shown.block_index,
    shown.sublayer,
    shown.neuron_index,
    shown.reason,
    shown.score,
    shown.strategies_agreeing,
    evidence.caption as caption_of_its_first_clip
from shown
left join {{ ref('fct_top_clips') }} as evidence
    on
        shown.dissection = evidence.dissection
        and shown.neuron_id = evidence.neuron_id
        and evidence.direction = 'highest'
        and evidence.rank = 1
order by
    shown.dissection asc,
    shown.concept asc,
    shown.strategy asc,
    shown.score desc nulls last,
    shown.neuron_id asc
