-- Which answers of LLMs a neuron's words rest on. A further task is one more common table, and its line in `named`.
with captioned as (
    select
        clips.dissection,
        clips.neuron_id,
        1 as task_order,
        captions.answer_id,
        clips.direction || ' clip ' || clips.rank as about
    from {{ ref('stg_dissection__top_clips') }} as clips
    inner join {{ ref('stg_dissection__clip_captions') }} as captions
        on clips.dissection = captions.dissection and clips.clip_id = captions.clip_id
),

listened as (
    select
        dissection,
        neuron_id,
        1 as task_order,
        answer_id,
        direction || ' moment ' || rank as about
    from {{ ref('stg_dissection__moment_captions') }}
),

summarised as (
    select
        dissection,
        neuron_id,
        2 as task_order,
        answer_id,
        direction || ' clips' as about
    from {{ ref('stg_dissection__summaries') }}
),

chosen as (
    select
        dissection,
        neuron_id,
        3 as task_order,
        answer_id,
        'concepts' as about
    from {{ ref('stg_dissection__concept_choices') }}
),

judged as (
    select
        words.dissection,
        words.neuron_id,
        4 as task_order,
        adjectives.answer_id,
        words.lemma as about
    from {{ ref('stg_dissection__neuron_words') }} as words
    inner join {{ ref('stg_dissection__adjectives') }} as adjectives
        on words.dissection = adjectives.dissection and words.lemma = adjectives.adjective
    where words.part_of_speech = 'adjective'
),

halved as (
    select
        dissection,
        neuron_id,
        5 as task_order,
        unnest(answer_ids) as answer_id,
        'half ' || half || ' of the clips' as about
    from {{ ref('stg_dissection__half_descriptions') }}
),

detected as (
    select
        dissection,
        neuron_id,
        6 as task_order,
        unnest(answer_ids) as answer_id,
        'clips that did not choose the label' as about
    from {{ ref('stg_dissection__description_scores') }}
),

written as (
    select
        dissection,
        neuron_id,
        7 as task_order,
        answer_id,
        'sentence' as about
    from {{ ref('stg_dissection__neuron_sentences') }}
),

named as (
    select * from captioned
    union all
    select * from listened
    union all
    select * from summarised
    union all
    select * from chosen
    union all
    select * from judged
    union all
    select * from halved
    union all
    select * from detected
    union all
    select * from written
),

told as (
    select
        dissection,
        neuron_id,
        answer_id,
        min(task_order)::integer as task_order,
        string_agg(distinct about, ', ' order by about) as about
    from named
    where answer_id is not null
    group by dissection, neuron_id, answer_id
),

answers as (
    select * from {{ ref('stg_dissection__answers') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    told.dissection,
    told.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    answers.task,
    told.answer_id,
    told.task_order,
    told.about
from told
left join answers on told.dissection = answers.dissection and told.answer_id = answers.answer_id
left join neurons on told.dissection = neurons.dissection and told.neuron_id = neurons.neuron_id
