with words as (
    select * from {{ ref('stg_dissection__neuron_words') }}
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
    words.part_of_speech,
    words.lemma,
    words.word,
    words.occurrences,
    words.is_acoustic
from words
left join neurons on words.dissection = neurons.dissection and words.neuron_id = neurons.neuron_id
