-- The straight lines of Fig 5, over neurons rather than the means of blocks; the head is no block of the backbone.
with points as (
    select
        dissection,
        adjectives,
        block_index,
        case when not is_head then words end as words
    from {{ ref('int_adjectives_counted') }}
),

lines as (
    {{ straight_lines('points', by=['dissection', 'adjectives'], x='block_index', y='words') }}
)

select * from lines
