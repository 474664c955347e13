-- Descriptions held against what is known: the sound bank's true acoustics, and the head neurons' classes.
-- Where the captions are the sound bank's own, an adjective of most captions is true by construction, and the share is
-- a check of the pipeline; with measured or generated captions it says how good they are.
with adjectives as (
    select
        dissection,
        'acoustic adjectives true of most highest clips' as claim,
        count(*) as judged,
        count(*) filter (where is_true_of_most) as hits,
        avg(chance_true_of_most) as chance
    from {{ ref('int_adjectives_weighed') }}
    group by dissection
),

class_words as (
    select
        dissection,
        neuron_id,
        unnest(string_split({{ normalised_name('class_label') }}, ' ')) as class_word
    from {{ ref('stg_dissection__neurons') }}
    where class_label is not null
),

word_names as (
    select
        lemma,
        {{ normalised_name('lemma') }} as word_name
    from (select distinct lemma from {{ ref('stg_dissection__neuron_words') }})
),

nouns as (
    select
        words.dissection,
        words.neuron_id,
        words.lemma,
        word_names.word_name
    from {{ ref('stg_dissection__neuron_words') }} as words
    inner join word_names on words.lemma = word_names.lemma
    where words.part_of_speech in ('noun', 'verb')
),

head_neurons as (
    select distinct
        dissection,
        neuron_id
    from class_words
),

-- Whole lemmas, never parts of words: "rain" doesn't name "train". Every word of a class's name has to be there; one of
-- them may be a verb (crying baby).
named as (
    select
        classes.dissection,
        classes.neuron_id as class_neuron_id,
        described.neuron_id,
        bool_and(coalesce(nouns.lemma is not null, false)) as is_named
    from class_words as classes
    inner join head_neurons as described
        on classes.dissection = described.dissection
    left join nouns
        on
            described.dissection = nouns.dissection and described.neuron_id = nouns.neuron_id
            and classes.class_word = nouns.word_name
    group by classes.dissection, classes.neuron_id, described.neuron_id
),

heads as (
    select
        dissection,
        'head neurons whose open nouns name their class' as claim,
        count(*) filter (where class_neuron_id = neuron_id) as judged,
        count(*) filter (where class_neuron_id = neuron_id and is_named) as hits,
        -- a class drawn at random: how many of all pairs of a head neuron and a class match
        avg(is_named::integer) as chance
    from named
    group by dissection
),

together as (
    select * from adjectives
    union all
    select * from heads
)

select
    dissection,
    claim,
    judged,
    hits,
    hits::double / nullif(judged, 0) as share, -- noqa: RF04
    {{ wilson('hits', 'judged', -1) }} as share_low,
    {{ wilson('hits', 'judged', 1) }} as share_high,
    chance
from together
order by dissection, claim
