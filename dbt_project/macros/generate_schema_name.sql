{#- Schemas are called what the folders are called; marts and reports lie in main, where people look first. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
