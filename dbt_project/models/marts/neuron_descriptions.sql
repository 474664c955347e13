-- What people query first. The concept by DB is that of cosine cubed, the paper's choice.
with neurons as (
    select * from {{ ref('dim_neurons') }}
),

described as (
    select * from {{ ref('int_neurons_described') }}
),

verdicts as (
    select * from {{ ref('stg_dissection__neuron_verdicts') }}
),

sentences as (
    select * from {{ ref('stg_dissection__neuron_sentences') }}
),

labels as (
    select * from {{ ref('stg_dissection__neuron_labels') }}
    where mode = 1
),

second_labels as (
    select * from {{ ref('stg_dissection__neuron_labels') }}
    where mode = 2
),

detected as (
    select * from {{ ref('stg_dissection__description_scores') }}
    where scorer = 'detection'
),

chosen as (
    select
        choices.dissection,
        choices.neuron_id,
        concepts.concept
    from {{ ref('stg_dissection__concept_choices') }} as choices
    inner join {{ ref('stg_dissection__concepts') }} as concepts
        on choices.dissection = concepts.dissection and choices.concept_id = concepts.concept_id
    where choices.rank = 1
)

select
    neurons.dissection,
    neurons.neuron_id,
    neurons.target,
    neurons.block_index,
    neurons.sublayer,
    neurons.layer_name,
    neurons.neuron_index,
    neurons.class_label,
    labels.label,
    labels.auroc as label_auroc,
    labels.auroc_low as label_low,
    labels.auroc_high as label_high,
    labels.q_value as label_q_value,
    labels.accounts_for as label_accounts_for,
    labels.part_agreement as label_agreement,
    labels.effective_clips,
    second_labels.label as second_label,
    case when labels.neuron_id is null then 'no label was looked for' else labels.missing_reason end
        as label_missing_reason,
    detected.score as detection_score,
    detected.score_low as detection_score_low,
    detected.score_high as detection_score_high,
    coalesce(detected.clips, 0) as detection_clips,
    case when detected.neuron_id is null then 'no LLM was asked' else detected.missing_reason end
        as detection_missing_reason,
    described.description,
    verdicts.held_out_score as description_score,
    verdicts.is_description_supported,
    described.acoustic_adjectives,
    described.nouns,
    neurons.top_concept as top_concept_db,
    chosen.concept as top_concept_icl,
    described.kept_sentences,
    described.dropped_sentences,
    verdicts.verdict,
    coalesce(verdicts.is_described, false) as is_described,
    verdicts.statement,
    case verdicts.verdict when 'labelled' then sentences.writer when 'described' then described.describer end
        as statement_writer,
    verdicts.trust,
    verdicts.trust_low,
    verdicts.trust_high,
    verdicts.trust_missing_reason,
    case verdicts.verdict when 'labelled' then labels.clips when 'described' then verdicts.clips else 0 end
        as trust_clips,
    case verdicts.verdict when 'labelled' then labels.q_value when 'described' then verdicts.q_value end
        as trust_q_value,
    verdicts.reason as verdict_reason,
    described.describer,
    described.missing_reason
from neurons
left join described
    on neurons.dissection = described.dissection and neurons.neuron_id = described.neuron_id
left join chosen
    on neurons.dissection = chosen.dissection and neurons.neuron_id = chosen.neuron_id
left join verdicts
    on neurons.dissection = verdicts.dissection and neurons.neuron_id = verdicts.neuron_id
left join sentences
    on neurons.dissection = sentences.dissection and neurons.neuron_id = sentences.neuron_id
left join labels
    on neurons.dissection = labels.dissection and neurons.neuron_id = labels.neuron_id
left join second_labels
    on neurons.dissection = second_labels.dissection and neurons.neuron_id = second_labels.neuron_id
left join detected
    on neurons.dissection = detected.dissection and neurons.neuron_id = detected.neuron_id
