with sentences as (
    select * from {{ ref('stg_dissection__caption_clusters') }}
),

clips as (
    select * from {{ ref('stg_dissection__probing_clips') }}
)

select
    sentences.dissection,
    sentences.clip_id,
    clips.filename,
    clips.label,
    sentences.sentence_index,
    sentences.sentence,
    sentences.cluster,
    count(*) over (partition by sentences.dissection, sentences.cluster) as sentences_in_cluster
from sentences
left join clips on sentences.dissection = clips.dissection and sentences.clip_id = clips.clip_id
