-- Every neuron's line beside what the rule writes, with where the neuron stands in the network.
with sentences as (
    select * from {{ ref('stg_dissection__neuron_sentences') }}
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
    sentences.sentence,
    sentences.writer,
    sentences.rule_sentence,
    sentences.answer_id,
    sentences.missing_reason
from sentences
left join neurons on sentences.dissection = neurons.dissection and sentences.neuron_id = neurons.neuron_id
