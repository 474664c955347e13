{#- The dissections that enter the warehouse: never the schema files, and only those that were asked for. -#}
{% macro is_wanted_dissection() -%}
    {%- set wanted = var('dissections') -%}
    dissection != '__schema__'
    {%- if wanted is not none %}
        and list_contains({{ wanted | tojson | replace("'", "''") | replace('"', "'") }}::varchar[], dissection)
    {%- endif %}
{%- endmacro %}
