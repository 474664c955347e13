{{ config(materialized='view', post_hook="{{ create_neuron_story() }}") }}
-- A view over marts, for one neuron at a time: from neuron_story('ast-demo', 1152).
select
    dissection,
    neuron_id,
    1 as part_order,
    'label' as part,
    mode as place,
    coalesce(label, '(none: ' || missing_reason || ')') as what,
    concat_ws(
        ', ',
        form,
        'AUROC ' || round(auroc, 3) || ' (' || round(auroc_low, 3) || ' to ' || round(auroc_high, 3) || ')',
        'accounts for ' || round(100 * accounts_for)::integer || ' %',
        'fires on about ' || round(effective_clips)::integer || ' clips',
        'or: ' || runner_up || ' (AUROC ' || round(runner_up_auroc, 3) || ')'
    ) as detail
from {{ ref('fct_neuron_labels') }}
union all
select
    dissection,
    neuron_id,
    2 as part_order,
    'line' as part,
    1 as place,
    coalesce(sentence, '(none: ' || missing_reason || ')') as what,
    concat_ws('; ', writer, case when sentence is not null then missing_reason end) as detail
from {{ ref('fct_neuron_sentences') }}
union all
select
    dissection,
    neuron_id,
    3 as part_order,
    direction || ' clips' as part,
    case direction when 'highest' then 0 else 1000000 end + rank as place,
    coalesce(caption, '(no caption)') as what,
    concat_ws(
        ', ',
        filename,
        label,
        'activation ' || round(activation, 3),
        case direction when 'highest' then 'largest' else 'smallest' end
        || ' at ' || round(moment_start_s, 2) || ' to ' || round(moment_end_s, 2) || ' s'
    ) as detail
from {{ ref('fct_top_clips') }}
union all
select
    dissection,
    neuron_id,
    3 as part_order,
    direction || ' moments' as part,
    case direction when 'highest' then 500000 else 1500000 end + rank as place,
    coalesce(moment_caption, '(none: ' || moment_missing_reason || ')') as what,
    concat_ws(
        ', ', filename, 'heard from ' || round(heard_start_s, 2) || ' to ' || round(heard_end_s, 2) || ' s'
    ) as detail
from {{ ref('fct_top_clips') }}
where heard_start_s is not null
union all
select
    dissection,
    neuron_id,
    4 as part_order,
    'summary of the ' || direction as part,
    case direction when 'highest' then 1 else 2 end as place,
    coalesce(summary, '(none: ' || missing_reason || ')') as what,
    describer || coalesce(', answer ' || answer_id, '') as detail
from {{ ref('fct_neuron_summaries') }}
union all
select
    dissection,
    neuron_id,
    5 as part_order,
    'sentence of the ' || direction as part,
    case direction when 'highest' then 0 else 1000000 end + sentence_index as place,
    sentence as what,
    verdict || coalesce(', nearest by ' || round(nearest_cosine, 2) || ': ' || nearest_sentence, '') as detail
from {{ ref('fct_summary_sentences') }}
union all
select
    dissection,
    neuron_id,
    6 as part_order,
    'word' as part,
    row_number() over (partition by dissection, neuron_id order by part_of_speech, lemma) as place,
    lemma as what,
    part_of_speech
    || case
        when part_of_speech <> 'adjective' then ''
        when is_acoustic then ', acoustic'
        when is_acoustic is null then ', not judged'
        else ', not acoustic'
    end as detail
from {{ ref('fct_neuron_words') }}
union all
select
    dissection,
    neuron_id,
    7 as part_order,
    'concept' as part,
    row_number() over (partition by dissection, neuron_id order by method, similarity, rank) as place,
    concept as what,
    method || ' ' || similarity || ', rank ' || rank || coalesce(', score ' || round(score, 3), '') as detail
from {{ ref('fct_concept_predictions') }}
union all
select
    named.dissection,
    named.neuron_id,
    8 as part_order,
    'prompt and answer' as part,
    row_number() over (partition by named.dissection, named.neuron_id order by named.task_order, named.about) as place,
    coalesce(answers.answer, '(none: ' || answers.reason || ')') as what,
    answers.task || ' (' || named.about || '): ' || answers.model || ', ' || answers.status || ', prompt: '
    || answers.prompt as detail
from {{ ref('fct_neuron_answers') }} as named
inner join {{ ref('fct_answers') }} as answers
    on named.dissection = answers.dissection and named.answer_id = answers.answer_id
