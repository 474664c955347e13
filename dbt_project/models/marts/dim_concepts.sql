with concepts as (
    select * from {{ ref('stg_dissection__concepts') }}
)

select
    dissection,
    concept_id,
    concept,
    label as class_label
from concepts
