"""The house's own advisories, from the finding of a vulnerability to its CVE, taken apart by step.

`ids` names them, `draft` writes what is known as an OSV record, `lifecycle` says what may become of
one, `book` keeps every version (edge), `lint` says what is wrong, `publish` and `site` make what
others may read, `feed` hands the records to the advisory set, `lead` counts the days won.
"""
