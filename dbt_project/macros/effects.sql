{#- One measure of pruning_effects as a column, of rows grouped by all else. `end` is estimate, low or high. -#}
{% macro effect(measure, end='estimate') -%}
    max({{ end }}) filter (where measure = '{{ measure }}')
{%- endmacro %}
