with concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
),

classes as (
    select
        dissection,
        label,
        count(*) as clips
    from {{ ref('stg_dissection__probing_clips') }}
    group by dissection, label
)

select
    concepts.dissection,
    concepts.concept_id,
    concepts.concept,
    concepts.label as class_label,
    coalesce(classes.clips, 0) as clips
from concepts
left join classes on concepts.dissection = classes.dissection and concepts.label = classes.label
