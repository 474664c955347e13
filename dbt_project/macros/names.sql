{#- Two names are the same if this is equal: the key of dagster_and/method/text/names.py, blind to case, underscores,
    dashes, plural and -ing. Only tables may call it. -#}
{% macro normalised_name(column) -%}
    name_key({{ column }})
{%- endmacro %}

{#- What a text denies: from such a word up to the next comma, semicolon or full stop. -#}
{% macro denial() -%}
    '\b(?:not|no|never|without|(?:anything|everything|all) (?:but|except)) [^,;.]*'
{%- endmacro %}

{#- The words that a text denies, in lower case; a plural in the singular, too. -#}
{% macro words_denied(column) -%}
    {%- set denied = "regexp_extract_all(lower(coalesce(" ~ column ~ ", '')), " ~ denial() ~ ")" -%}
    {{ words_of("array_to_string(" ~ denied ~ ", ' ')") }}
{%- endmacro %}

{#- Whether one of the names in a list is among words, each with all of its own. -#}
{% macro is_named(names, words) -%}
    coalesce(
        len(list_filter(
            {{ names }}, lambda name: list_has_all({{ words }}, regexp_split_to_array(name, '[^a-z0-9''#-]+'))
        )) > 0,
        false
    )
{%- endmacro %}

{#- The words of a text, in lower case, without what it denies; a plural in the singular, too: dogs names dog. -#}
{% macro words_said(column) -%}
    {%- set said = "regexp_replace(lower(coalesce(" ~ column ~ ", '')), " ~ denial() ~ ", '', 'g')" -%}
    {{ words_of(said) }}
{%- endmacro %}

{#- The words of a text in lower case, and what each would be if it were a plural: barks, babies, buses. -#}
{% macro words_of(text) -%}
    flatten(list_transform(
        regexp_split_to_array({{ text }}, '[^a-z0-9''#-]+'),
        lambda word: [
            word, rtrim(word, 's'), regexp_replace(word, 'ies$', 'y'), regexp_replace(word, '(s|x|z|ch|sh)es$', '\1')
        ]
    ))
{%- endmacro %}
