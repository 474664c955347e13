-- Figure 3: the acoustic adjectives of all calibrated summaries, by the number of neurons that have them.
with words as (
    select * from {{ ref('dim_words') }}
    where part_of_speech = 'adjective' and is_acoustic
),

described as (
    select
        dissection,
        count(*) filter (where description is not null) as described_neurons
    from {{ ref('int_neurons_described') }}
    group by dissection
)

select
    words.dissection,
    words.lemma as adjective,
    words.neurons,
    words.occurrences,
    words.neurons::double / described.described_neurons as share_of_described,
    row_number() over (partition by words.dissection order by words.neurons desc, words.lemma asc) as rank
from words
inner join described on words.dissection = described.dissection
order by words.dissection, rank
