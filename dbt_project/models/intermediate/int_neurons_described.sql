-- What calibration left of each neuron's summary, put together again, and the words in it.
with neurons as (
    select * from {{ ref('stg_dissection__neurons') }}
),

summaries as (
    select * from {{ ref('stg_dissection__summaries') }}
    where direction = 'highest'
),

calibrated as (
    select
        dissection,
        neuron_id,
        string_agg(sentence, ' ' order by sentence_index) filter (where is_kept) as description,
        count(*) filter (where is_kept) as kept_sentences,
        count(*) filter (where not is_kept) as dropped_sentences
    from {{ ref('stg_dissection__summary_sentences') }}
    where direction = 'highest'
    group by dissection, neuron_id
),

words as (
    select
        dissection,
        neuron_id,
        list(lemma order by lemma) filter (where is_acoustic) as acoustic_adjectives,
        list(lemma order by lemma) filter (where part_of_speech = 'noun') as nouns,
        count(*) filter (where is_acoustic) as count_acoustic_adjectives,
        count(*) filter (where part_of_speech = 'adjective') as count_adjectives
    from {{ ref('stg_dissection__neuron_words') }}
    group by dissection, neuron_id
),

described as (
    select
        neurons.dissection,
        neurons.neuron_id,
        neurons.block_index,
        neurons.class_label,
        summaries.describer,
        summaries.summary,
        calibrated.description,
        coalesce(calibrated.kept_sentences, 0) as kept_sentences,
        coalesce(calibrated.dropped_sentences, 0) as dropped_sentences,
        coalesce(words.acoustic_adjectives, []::varchar[]) as acoustic_adjectives,
        coalesce(words.nouns, []::varchar[]) as nouns,
        coalesce(words.count_acoustic_adjectives, 0) as count_acoustic_adjectives,
        coalesce(words.count_adjectives, 0) as count_adjectives,
        case
            when summaries.neuron_id is null then 'summaries has not been made'
            when summaries.missing_reason is not null then summaries.missing_reason
            when calibrated.description is null then 'nothing is said of its highest clips alone'
        end as missing_reason
    from neurons
    left join summaries on neurons.dissection = summaries.dissection and neurons.neuron_id = summaries.neuron_id
    left join calibrated on neurons.dissection = calibrated.dissection and neurons.neuron_id = calibrated.neuron_id
    left join words on neurons.dissection = words.dissection and neurons.neuron_id = words.neuron_id
)

select * from described
