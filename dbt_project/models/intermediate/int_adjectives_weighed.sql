-- Every acoustic adjective said of a neuron, held against the true acoustics of its highest clips (sound bank only).
-- Only words with a rule (dagster_and/method/sound/wording.py) can be weighed: wording_rules has the same numbers.
with clips as (
    select * from {{ ref('stg_dissection__probing_clips') }}
    where true_loudness_dbfs is not null
),

rules as (
    {{ wording_rules() }}
),

qualities as (
    select
        clips.dissection,
        clips.clip_id,
        case rules.quality
            when 'loudness_dbfs' then clips.true_loudness_dbfs
            when 'pitch_hz' then clips.true_pitch_hz
            when 'brightness_hz' then clips.true_brightness_hz
            when 'tonality' then clips.true_tonality
            when 'rhythm'
                then case when clips.true_events_per_s >= {{ events_of_a_rhythm() }} then clips.true_regularity end
            when 'attack_ms' then case when clips.true_events_per_s > 0 then clips.true_attack_ms end
            when 'steadiness' then clips.true_steadiness
        end as quality_value,
        rules.word,
        rules.low,
        rules.high
    from clips
    cross join rules
),

truths as (
    select
        dissection,
        clip_id,
        word,
        coalesce(quality_value >= low and quality_value < high, false) as is_true
    from qualities
),

said as (
    select
        dissection,
        neuron_id,
        lemma as word
    from {{ ref('stg_dissection__neuron_words') }}
    where part_of_speech = 'adjective' and is_acoustic
),

top_clips as (
    select * from {{ ref('stg_dissection__top_clips') }}
    where direction = 'highest'
),

base_rates as (
    select
        dissection,
        word,
        avg(is_true::integer) as share_of_all_clips
    from truths
    group by dissection, word
),

weighed as (
    select
        said.dissection,
        said.neuron_id,
        said.word,
        count(*) as clips,
        count(*) filter (where truths.is_true) as true_clips,
        any_value(base_rates.share_of_all_clips) as share_of_all_clips
    from said
    inner join top_clips on said.dissection = top_clips.dissection and said.neuron_id = top_clips.neuron_id
    inner join truths
        on
            said.dissection = truths.dissection and said.word = truths.word
            and top_clips.clip_id = truths.clip_id
    inner join base_rates on said.dissection = base_rates.dissection and said.word = base_rates.word
    group by said.dissection, said.neuron_id, said.word
)

select
    *,
    2 * true_clips > clips as is_true_of_most,
    -- what clips drawn at random (with replacement) would give: more than half of them have the quality
    {{ more_than_half_by_chance('clips', 'share_of_all_clips') }} as chance_true_of_most
from weighed
