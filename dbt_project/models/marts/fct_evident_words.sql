with words as (
    select * from {{ ref('stg_dissection__evident_words') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    words.dissection,
    words.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    words.rank,
    words.word,
    words.word_clips,
    words.auroc,
    words.p_value,
    words.q_value,
    words.is_in_description
from words
left join neurons on words.dissection = neurons.dissection and words.neuron_id = neurons.neuron_id
