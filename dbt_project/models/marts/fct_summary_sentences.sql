with sentences as (
    select * from {{ ref('stg_dissection__summary_sentences') }}
),

neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
)

select
    sentences.dissection,
    sentences.neuron_id,
    neurons.block_index,
    neurons.sublayer,
    neurons.class_label,
    sentences.direction,
    sentences.sentence_index,
    sentences.sentence,
    sentences.verdict,
    sentences.is_kept,
    sentences.nearest_sentence,
    sentences.nearest_cosine
from sentences
left join neurons on sentences.dissection = neurons.dissection and sentences.neuron_id = neurons.neuron_id
