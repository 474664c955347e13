-- The straight lines of Fig 6: uninterpretable is 1, interpretable 0; neurons left open and the head don't count.
with judged as (
    select * from {{ ref('fct_neuron_interpretability') }}
),

points as (
    select
        dissection,
        threshold,
        block_index,
        case when class_label is null then (not is_interpretable)::integer end as is_uninterpretable
    from judged
),

lines as (
    {{ straight_lines('points', by=['dissection', 'threshold'], x='block_index', y='is_uninterpretable') }}
)

select * from lines
