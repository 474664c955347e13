{#- The rules of dagster_and/method/sound/wording.py in SQL; a test holds the two together. -#}
{% macro wording_rules() -%}
select * from (values
    ('loudness_dbfs', 'quiet', '-inf'::double, -32.0::double),
    ('loudness_dbfs', 'loud', -17.0, 'inf'),
    ('pitch_hz', 'low-pitched', '-inf', 220.0),
    ('pitch_hz', 'high-pitched', 900.0, 'inf'),
    ('brightness_hz', 'muffled', '-inf', 700.0),
    ('brightness_hz', 'bright', 2800.0, 'inf'),
    ('tonality', 'noisy', '-inf', 0.2),
    ('tonality', 'clear', 0.6, 'inf'),
    ('rhythm', 'irregular', '-inf', 0.4),
    ('rhythm', 'repetitive', 0.75, 'inf'),
    ('attack_ms', 'sharp', '-inf', 25.0),
    ('attack_ms', 'gradual', 120.0, 'inf'),
    ('steadiness', 'intermittent', '-inf', 0.4),
    ('steadiness', 'steady', 0.95, 'inf')
) as rules (quality, word, low, high)
{%- endmacro %}

{#- Events a second from which a sound has a rhythm. -#}
{% macro events_of_a_rhythm() -%} 1.25 {%- endmacro %}

{#- P(X > n / 2) for X binomial with n trials of probability p: the chance that most of n clips drawn at random have a
    quality that the share p of all clips has. Exact for n up to 170, where factorials still fit a double. -#}
{% macro more_than_half_by_chance(n, p) -%}
list_sum(list_transform(
    range({{ n }} // 2 + 1, {{ n }} + 1),
    lambda x:
        gamma({{ n }} + 1) / (gamma(x + 1) * gamma({{ n }} - x + 1))
        * pow({{ p }}, x) * pow(1 - {{ p }}, {{ n }} - x)
))
{%- endmacro %}

{#- A table macro that people call by name: from neuron_story('ast-demo', 1152). It is made where the mart is made. -#}
{% macro create_neuron_story() -%}
create or replace macro neuron_story(dissection_name, neuron) as table (
    select part, place, what, detail
    from {{ this.schema }}.neuron_stories
    where dissection = dissection_name and neuron_id = neuron
    order by part_order, place
)
{%- endmacro %}
