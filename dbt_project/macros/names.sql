{#- Two names are the same if this is equal: the key of dagster_and/method/text/names.py, blind to case, underscores, dashes,
    plural and -ing. Only tables may call it. -#}
{% macro normalised_name(column) -%}
    name_key({{ column }})
{%- endmacro %}
